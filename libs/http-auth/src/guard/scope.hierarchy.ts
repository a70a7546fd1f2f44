import { isScope } from './scopes.js';

/** Which scopes include others. */
export interface ScopeOptions {
  /**
   * The scopes that a scope implies. Credentials with `reports:write` are accepted on a route that requires `reports:read` if this is
   * `{ 'reports:write': ['reports:read'] }`. It is transitive, and must not have cycles.
   *
   * @default {}
   */
  readonly implies?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The scopes of an application, and which of them imply others, as the option `scopes.implies` says. Inject it where the application
 * itself compares scopes, e.g. to list only the tools or the links that a user may use. The guard compares scopes in the same way.
 *
 * @example
 * constructor(private readonly hierarchy: ScopeHierarchy) {}
 *
 * list(@CurrentAuth('scopes') granted: readonly string[] = []) {
 *   return this.links.filter(({ scope }) => this.hierarchy.includes(granted, scope));
 * }
 */
export class ScopeHierarchy {
  /** For each implied scope: the scopes that imply it. */
  private readonly wider = new Map<string, readonly string[]>();

  /** @internal */
  constructor(implies: NonNullable<ScopeOptions['implies']> = {}) {
    for (const scope of Object.keys(implies)) {
      for (const implied of impliedBy(scope, implies)) {
        this.wider.set(implied, [...(this.wider.get(implied) ?? []), scope]);
      }
    }
  }

  /**
   * Returns `true` if the granted scopes contain a scope, or another scope that implies it.
   *
   * @param granted the scopes of the credentials, e.g. of `@CurrentAuth('scopes')`
   * @param scope the scope that is required
   */
  includes(granted: readonly string[], scope: string): boolean {
    return granted.includes(scope) || this.implying(scope).some((wider) => granted.includes(wider));
  }

  /** Returns the scopes of a list without the scopes that another scope of the list implies. */
  widest(names: readonly string[]): readonly string[] {
    return names.filter((name) => !this.implying(name).some((wider) => names.includes(wider)));
  }

  /** Returns the first scope of a list, or the narrowest scope of the list that the first one implies. */
  narrowest(names: readonly string[]): string {
    const first = names[0] as string;
    const implied = names.filter((name) => this.implying(name).includes(first));
    return implied.find((name) => !implied.some((other) => this.implying(other).includes(name))) ?? first;
  }

  private implying(scope: string): readonly string[] {
    return this.wider.get(scope) ?? [];
  }
}

/** Returns all scopes that a scope implies, also through others. */
function impliedBy(scope: string, implies: NonNullable<ScopeOptions['implies']>): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    for (const implied of Object.hasOwn(implies, name) ? (implies[name] as readonly string[]) : []) {
      if (found.has(implied)) continue;
      found.add(implied);
      add(implied);
    }
  };
  add(scope);
  return found;
}

/** Checks the option `scopes.implies`. Returns an error message, or `undefined` if the option is valid. */
export function impliesProblem(implies: NonNullable<ScopeOptions['implies']>): string | undefined {
  if (typeof implies !== 'object' || implies === null || Array.isArray(implies)) {
    return "scopes.implies must be an object, e.g. { 'reports:write': ['reports:read'] }";
  }
  for (const [scope, implied] of Object.entries(implies)) {
    if (isScope(scope) && Array.isArray(implied) && implied.length > 0 && implied.every(isScope)) continue;
    return `scopes.implies: the entry '${scope}' must list the scopes that it implies; use printable ASCII without spaces, " and \\ (RFC 6749 section 3.3)`;
  }
  // A cycle is a mistake that would make a narrow scope as good as a wide one.
  const circular = Object.keys(implies).find((scope) => impliedBy(scope, implies).has(scope));
  return (
    circular && `scopes.implies: '${circular}' implies itself, directly or through others; remove one of the entries`
  );
}
