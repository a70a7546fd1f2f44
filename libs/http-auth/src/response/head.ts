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
  given: OutgoingHttpHeaders | undefined;
  /** Whether that is ours to change: what it was given may be shared by other responses. */
  private own: boolean;

  constructor(
    private readonly response: ServerResponse,
    given: OutgoingHttpHeaders | readonly unknown[] | undefined,
  ) {
    this.own = Array.isArray(given);
    this.given = Array.isArray(given) ? fromList(given) : (given as OutgoingHttpHeaders | undefined);
  }

  get(field: string): OutgoingHttpHeader | undefined {
    const name = this.nameOf(field);
    return name === undefined ? this.response.getHeader(field) : this.given?.[name];
  }

  set(field: string, value: OutgoingHttpHeader): void {
    if (this.given === undefined) this.response.setHeader(field, value);
    else this.changeable(this.given)[this.nameOf(field) ?? field] = value;
  }

  /** Removes a field. */
  remove(field: string): void {
    this.response.removeHeader(field);
    const name = this.nameOf(field);
    if (this.given !== undefined && name !== undefined) delete this.changeable(this.given)[name];
  }

  /** What a field is called among the given ones, in whatever case; `undefined` where it is not there. */
  private nameOf(field: string): string | undefined {
    for (const name in this.given) {
      if (name.length === field.length && name.toLowerCase() === field.toLowerCase()) return name;
    }
    return undefined;
  }

  private changeable(given: OutgoingHttpHeaders): OutgoingHttpHeaders {
    if (this.own) return given;
    this.own = true;
    return (this.given = { ...given });
  }
}

/** The fields of a list of names and values in turn. */
function fromList(list: readonly unknown[]): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    (fields[String(list[index]).toLowerCase()] ??= []).push(...[list[index + 1]].flat().map(String));
  }
  return fields;
}
