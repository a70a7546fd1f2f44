/** The maximum number of values of one attribute. */
const MAX = 100;

/** The value that OpenTelemetry uses for all other values. */
const OTHER = '_OTHER';

/** Returns a function that keeps the first 100 values of an attribute, and returns `_OTHER` for all others. */
export function bounded(): (value: string) => string {
  const values = new Set<string>();
  return (value) => {
    if (values.size < MAX) values.add(value);
    return values.has(value) ? value : OTHER;
  };
}
