import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The fields of a response whose head is being written: those that `writeHead()` was given, before those set earlier. */
export class Head {
  /** What `writeHead()` is to be given; `undefined` where it was given nothing. */
  readonly given: OutgoingHttpHeaders | undefined;

  constructor(
    private readonly response: ServerResponse,
    given: OutgoingHttpHeaders | readonly unknown[] | undefined,
  ) {
    // A copy, in lower case: what was given may be shared by other responses, and is looked through here.
    if (Array.isArray(given)) this.given = fromList(given);
    else if (given !== undefined) this.given = fromObject(given as OutgoingHttpHeaders);
  }

  /** The value of a field, if there is one. */
  get(field: string): OutgoingHttpHeader | undefined {
    return this.given?.[field.toLowerCase()] ?? this.response.getHeader(field);
  }

  /** Sets a field. */
  set(field: string, value: OutgoingHttpHeader): void {
    if (this.given === undefined) this.response.setHeader(field, value);
    else this.given[field.toLowerCase()] = value;
  }
}

function fromObject(fields: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const copy: OutgoingHttpHeaders = {};
  for (const name in fields) copy[name.toLowerCase()] = fields[name];
  return copy;
}

/** The fields of a list of names and values in turn. */
function fromList(list: readonly unknown[]): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    (fields[String(list[index]).toLowerCase()] ??= []).push(...[list[index + 1]].flat().map(String));
  }
  return fields;
}
