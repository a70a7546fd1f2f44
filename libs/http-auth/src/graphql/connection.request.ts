import type { HttpRequest } from '../http/request.js';
import { Failure } from '../schemes/failure.js';

/** The longest field value in bytes that Node accepts in a request by default. A message has no such limit. */
const LONGEST = 16 * 1024;

/**
 * Returns the request of a connection: the upgrade, with the credentials of `connectionParams` if there are any. They replace
 * those of the upgrade, which a browser may add without the page's knowledge.
 *
 * @param field the name of the field for credentials, in lower case
 * @param params what the client sent: the field in any case, on the top level or in `headers`
 * @returns a failure if the credentials are not one string
 */
export function connectionRequest(request: HttpRequest, field: string, params: unknown): HttpRequest | Failure {
  const values = valuesOf(params, field);
  if (values.length === 0) return request;
  const [value] = values;
  if (values.length > 1 || typeof value !== 'string' || value.length > LONGEST) return new Failure('malformed');
  const { raw } = request;
  const parts = {
    headers: { value: { ...request.headers, [field]: value } },
    // There is one line of the field, even if the upgrade has several.
    rawHeaders: { value: [...withoutField(raw?.rawHeaders ?? request.rawHeaders ?? [], field), field, value] },
  };
  if (raw === undefined) return Object.create(request, parts) as HttpRequest;
  return Object.create(request, { ...parts, raw: { value: Object.create(raw, parts) } }) as HttpRequest;
}

/** Returns the field lines except those of a field. A scheme may need the others, e.g. the certificate that a proxy has sent. */
function withoutField(lines: readonly string[], field: string): string[] {
  return lines.filter((_, index) => lines[index - (index % 2)]?.toLowerCase() !== field);
}

function valuesOf(params: unknown, field: string): unknown[] {
  const own = entriesOf(params);
  const nested = own.find(([name]) => name === 'headers')?.[1];
  return [...own, ...entriesOf(nested)]
    .filter(([name, value]) => name.toLowerCase() === field && value !== undefined && value !== null)
    .map(([, value]) => value);
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
