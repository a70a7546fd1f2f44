import { validateHeaderName, validateHeaderValue } from 'node:http';

/**
 * Checks the option `headers`. Returns an error message without the values, which may be secret, or `undefined` if the option
 * is valid.
 *
 * @param reserved the fields that the library sets, in lower case
 */
export function headersProblem(headers: unknown, reserved: readonly string[]): string | undefined {
  if (headers === undefined) return undefined;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return 'headers must be an object of field names and values';
  }
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !isField(name, value))
      return `headers: ${JSON.stringify(name)} is not a valid field`;
    if (reserved.includes(name.toLowerCase())) return `headers must not have ${name}; the library sets this field`;
  }
  return undefined;
}

function isField(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
