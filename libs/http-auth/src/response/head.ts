import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The fields of a response. A field that `writeHead()` receives replaces the same field set earlier. */
export class Head {
  /** The fields for `writeHead()`; `undefined` if it received none. */
  given: OutgoingHttpHeaders | undefined;
  /** If `true`, we may change `given`. Otherwise other responses may share the object. */
  private own: boolean;

  constructor(
    private readonly response: ServerResponse,
    given?: OutgoingHttpHeaders | readonly unknown[],
  ) {
    this.own = Array.isArray(given);
    this.given = Array.isArray(given) ? fromList(given) : (given as OutgoingHttpHeaders | undefined);
  }

  /** Returns the value of a field, or `undefined` if the response does not have it. */
  get(field: string): OutgoingHttpHeader | undefined {
    const name = this.nameOf(field);
    return name === undefined ? this.response.getHeader(field) : this.given?.[name];
  }

  /** Sets a field. */
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

  /** Returns the name of a field in `given`, in the case that it has there; `undefined` if it is not there. */
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

/** Converts a list of alternating names and values, or of pairs. */
function fromList(given: readonly unknown[]): OutgoingHttpHeaders {
  const list = Array.isArray(given[0]) ? given.flat() : given;
  // The object has no prototype, because a field may be named `constructor`.
  const fields: Record<string, string[]> = Object.create(null);
  for (let index = 0; index + 1 < list.length; index += 2) {
    (fields[String(list[index]).toLowerCase()] ??= []).push(...[list[index + 1]].flat().map(String));
  }
  return fields;
}
