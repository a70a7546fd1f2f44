type Claims = Readonly<Record<string, unknown>>;

/**
 * Returns a claim by its name, or a value in it by a path with dots: `groups`, `realm_access.roles`. Names may contain dots as well, e.g.
 * `https://example.com/roles`, so the longest name that exists is used, and only the rest is a path.
 *
 * @returns `undefined` if there is no such value; properties of prototypes do not count
 */
export function claimAt(claims: Claims, path: string): unknown {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const name = path.slice(0, end);
    if (!Object.hasOwn(claims, name)) continue;
    const value = claims[name];
    if (end === path.length) return value;
    return isClaims(value) ? claimAt(value, path.slice(end + 1)) : undefined;
  }
  return undefined;
}

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the path of a claim. Returns an error message, or `undefined` if the path is valid. */
export function claimPathProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  const placeholder = /\{[^}]*\}/.exec(path)?.[0];
  return (
    placeholder && `contains the placeholder ${placeholder}; write the name out, e.g. resource_access.my-api.roles`
  );
}
