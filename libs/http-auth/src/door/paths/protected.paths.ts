import { AuthConfigurationError } from '../../common/configuration.error.js';
import { exceptionProblem, literalPath, pathProblem } from './path.problem.js';
import { fold } from './path.rewrites.js';
import type { Readings, ReadingOptions, Refusal } from './readings.js';
import { readTarget } from './target.js';

/** A path and everything below it, with its policy. */
interface Root<Policy> {
  readonly path: string;
  readonly folded: string;
  readonly policy: Policy;
  /** Paths that have no policy: exact ones, or subtrees that end in a slash. */
  readonly except: readonly string[];
  /** If `true`, the root was added for another one; see `BESIDE`. */
  readonly beside: boolean;
}

/** The suffixes of the documents that Swagger UI serves next to its path. */
const BESIDE = ['-json', '-yaml'];

/**
 * The protected paths of an application. A path protects everything below it, and a protected path below another one
 * replaces the policy of the outer path.
 */
export class ProtectedPaths<Policy> {
  /** The longest path first, so an inner path comes before the paths above it. */
  private roots: readonly Root<Policy>[] = [];

  constructor(private readonly options: ReadingOptions = {}) {}

  /** Returns the protected paths with their policies and exceptions, in the order of their length. */
  entries(): readonly Pick<Root<Policy>, 'path' | 'policy' | 'except'>[] {
    return this.roots.filter(({ beside }) => !beside).toReversed();
  }

  /** If `true`, no path is protected. */
  get isEmpty(): boolean {
    return this.roots.length === 0;
  }

  /**
   * Protects a path and everything below it. The documents of Swagger UI (`/docs-json` and `/docs-yaml` of `/docs`) get the
   * same policy in addition to the policy of an outer path.
   *
   * @param path a literal path, e.g. `/docs`; `/` is the whole server
   * @param except literal paths at or below `path` that have no policy, for all methods but not for upgrades. Only this
   *   spelling is open, upper and lower case included. `/a/` opens everything below `/a`. Write both `/a` and `/a/` to open
   *   the folder as well. `/` is the home page only.
   * @throws AuthConfigurationError if a path is not literal, or if it is protected already
   */
  protect(path: string, policy: Policy, { except = [] }: { readonly except?: readonly string[] } = {}): void {
    const problem =
      pathProblem(path) ?? except.map((entry) => exceptionProblem(entry, path)).find((text) => text !== undefined);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_PATH', problem);
    const root = literalPath(path);
    if (this.roots.some((other) => other.path === root && !other.beside)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PATH',
        `protect(): '${path}' is protected twice; remove one of the calls`,
      );
    }
    this.add({ path: root, folded: fold(root), policy, except: except.map(literalException), beside: false });
    if (root === '/') return;
    for (const suffix of BESIDE) {
      const beside = `${root}${suffix}`;
      if (this.roots.some((other) => other.path === beside)) continue;
      this.add({ path: beside, folded: fold(beside), policy, except: [], beside: true });
    }
  }

  /**
   * Returns the policies that a request must satisfy, all of them. The list is empty if the target is not protected. Returns
   * a refusal if the request must get 400.
   *
   * A path that contains all readings of the target replaces the policies of the paths above it. A path that contains only
   * some readings adds its policy. So consumers may disagree about the target and each one finds its policy satisfied.
   *
   * `CONNECT` and `OPTIONS *` name no path. They need the policy of `/`, if there is one, and no exception applies. Only a WebSocket
   * over HTTP/2 is a `CONNECT` with a path (RFC 8441 section 4), and the path counts.
   *
   * @param upgrade if `true`, the request is an upgrade, e.g. to a WebSocket. No exception applies, because a WebSocket
   *   server often accepts every path.
   */
  policiesOf(
    target: string,
    { method = 'GET', upgrade = false }: { readonly method?: string; readonly upgrade?: boolean } = {},
  ): readonly Policy[] | Refusal {
    const connects = method === 'CONNECT';
    if ((connects && !target.startsWith('/')) || (method === 'OPTIONS' && target === '*')) {
      return this.roots.filter(({ path }) => path === '/').map(({ policy }) => policy);
    }
    const readings = readTarget(target, this.options);
    if ('refused' in readings) return readings;
    const policies = new Set<Policy>();
    for (const root of this.roots) {
      const exact = count(readings.exact, root.path);
      const folded = count(readings.folded, root.folded);
      if (exact + folded === 0) continue;
      if (upgrade || connects || !isException(readings, root.except)) policies.add(root.policy);
      const containsAll = exact === readings.exact.length && folded === readings.folded.length;
      if (containsAll && !root.beside) break;
    }
    return [...policies];
  }

  private add(root: Root<Policy>): void {
    const others = this.roots.filter(({ path }) => path !== root.path);
    this.roots = [...others, root].toSorted((a, b) => b.path.length - a.path.length);
  }
}

function literalException(entry: string): string {
  return entry !== '/' && entry.endsWith('/') ? `${literalPath(entry)}/` : literalPath(entry);
}

/** Counts the paths that are a root or lie below it. */
function count(paths: readonly string[], root: string): number {
  let found = 0;
  for (const path of paths) if (isWithin(path, root)) found++;
  return found;
}

/** Returns `true` if a path is a root or lies below it. */
export function isWithin(path: string, root: string): boolean {
  return root === '/' || (path.startsWith(root) && (path.length === root.length || path[root.length] === '/'));
}

/** A target with several readings is never an exception. */
function isException({ exact: [path = '', second] }: Readings, except: readonly string[]): boolean {
  return (
    second === undefined &&
    except.some((entry) => (entry.endsWith('/') && entry !== '/' ? isBelow(path, entry, except) : path === entry))
  );
}

/**
 * Many servers answer `/a/` by the handler for `/a`. So the entry `/a/` opens the folder itself only if the entry `/a` opens
 * it as well.
 */
function isBelow(path: string, entry: string, except: readonly string[]): boolean {
  return path.startsWith(entry) && (path.length > entry.length || except.includes(entry.slice(0, -1)));
}
