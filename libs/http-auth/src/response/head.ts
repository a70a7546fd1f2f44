import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The fields of a response, as far as they are looked at and set here. */
export interface Fields {
  /** The value of a field, if there is one. */
  get(field: string): OutgoingHttpHeader | undefined;
  /** Sets a field. */
  set(field: string, value: OutgoingHttpHeader): void;
}

/** Fastify's response, which keeps fields of its own, and gives them all to `writeHead()`. */
interface Reply {
  readonly raw: ServerResponse;
  getHeader(field: string): OutgoingHttpHeader | undefined;
  header(field: string, value: OutgoingHttpHeader): unknown;
}

/**
 * The fields of a framework's response whose head is not being written yet: where the framework keeps them, since Node takes
 * several times as long where some are set on its own response and others come with `writeHead()`.
 */
export function fieldsOf(response: ServerResponse | Reply): Fields {
  if (!('raw' in response)) return new Head(response, undefined);
  return {
    get: (field) => response.getHeader(field) ?? response.raw.getHeader(field),
    set: (field, value) => void response.header(field, value),
  };
}

/** The fields of a response whose head is being written: those that `writeHead()` was given, before those set earlier. */
export class Head implements Fields {
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

  get(field: string): OutgoingHttpHeader | undefined {
    return this.given?.[field.toLowerCase()] ?? this.response.getHeader(field);
  }

  set(field: string, value: OutgoingHttpHeader): void {
    if (this.given === undefined) this.response.setHeader(field, value);
    else this.given[field.toLowerCase()] = value;
  }

  /** Removes a field. */
  remove(field: string): void {
    this.response.removeHeader(field);
    delete this.given?.[field.toLowerCase()];
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
