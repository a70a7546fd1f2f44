/**
 * Returns a value as a list of roles: a list of strings, or a string for a single role. A role may contain spaces, so a string is never
 * split. Any other value grants nothing.
 */
export function roleList(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((role) => typeof role === 'string') ? value : [];
}
