import { literalPath } from '../door/paths/path.problem.js';
import { fold } from '../door/paths/path.rewrites.js';
import { isWithin } from '../door/paths/protected.paths.js';
import type { ReadingOptions } from '../door/paths/readings.js';
import { readTarget } from '../door/paths/target.js';
import { originForm } from '../http/request.js';
import type { FoundResource, ProtectedResource, ProtectedResources } from '../response/protected.resources.js';
import { resourceParams } from './metadata.js';
import type { PlacedResource } from './resource.options.js';

/** A path of a resource, and everything below it. */
interface Root {
  readonly path: string;
  readonly folded: string;
  readonly resource: ProtectedResource;
}

/** The protected resources of an application. A resource below another one is not a part of the outer one. */
export class Resources implements ProtectedResources {
  /** The longest path first, so an inner path comes before the paths above it. */
  private readonly roots: readonly Root[];
  /** The resource, if it is the whole application. */
  private readonly only: ProtectedResource | undefined;

  constructor(
    resources: readonly PlacedResource[],
    private readonly options: ReadingOptions = {},
  ) {
    this.roots = resources.flatMap(rootsOf).toSorted((a, b) => b.path.length - a.path.length);
    const [first, second] = this.roots;
    this.only = second === undefined && first?.path === '/' ? first.resource : undefined;
  }

  /**
   * Returns the resource that contains all readings of a target. If the readings belong to several resources, or only some of them
   * belong to a resource, the target is ambiguous.
   */
  at(target: string): FoundResource {
    if (this.only !== undefined || this.roots.length === 0) return this.only;
    // Both frameworks route an absolute form by its path, as RFC 9112 section 3.2.2 requires.
    const readings = readTarget(originForm(target), this.options);
    if ('refused' in readings) return 'ambiguous';
    const [found, ...others] = new Set([
      ...readings.exact.map((path) => this.roots.find((root) => isWithin(path, root.path))?.resource),
      ...readings.folded.map((path) => this.roots.find((root) => isWithin(path, root.folded))?.resource),
    ]);
    return others.length === 0 ? found : 'ambiguous';
  }
}

function rootsOf({ url, paths }: PlacedResource): Root[] {
  const resource = { url, params: resourceParams(url) };
  return paths.map(literalPath).map((path) => ({ path, folded: fold(path), resource }));
}
