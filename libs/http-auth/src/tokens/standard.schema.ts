/**
 * A schema of any library that implements Standard Schema (https://standardschema.dev), e.g. Zod, Valibot or ArkType. This is the part
 * of the standard that we use. The type is our own, so applications do not need another package.
 */
export interface StandardSchema<Output = unknown> {
  /** The properties of the standard. */
  readonly '~standard': {
    /** The version of the standard. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Validates a value. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The types of the schema, which exist for the compiler only. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The result of a schema: the value if there are no issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** A reason why a value does not match a schema. */
export interface SchemaIssue {
  /** The reason in words. It may contain the value, so it never reaches the client. */
  readonly message: string;
  /** The place of the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Returns `true` if a value claims to be a Standard Schema. The schemas of some libraries are functions. */
export function isSchema(value: unknown): value is StandardSchema {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && '~standard' in value;
}

/** Checks a schema. Returns an error message, or `undefined` if we can use the schema. */
export function schemaProblem({ '~standard': standard }: StandardSchema): string | undefined {
  const { version, validate } = (standard ?? {}) as { version?: unknown; validate?: unknown };
  return version === 1 && typeof validate === 'function'
    ? undefined
    : 'must be a Standard Schema of version 1; update the library of the schema';
}

/**
 * Validates a value.
 *
 * @returns the output of the schema, or the name of the first property with an issue; the name is `undefined` if the issue is of the
 *   whole value
 * @throws TypeError if the result does not follow the standard
 */
export async function resultOf<Output>(
  { '~standard': standard }: StandardSchema<Output>,
  value: unknown,
): Promise<{ readonly output: Output } | { readonly refused: string | undefined }> {
  const result: SchemaResult<Output> = await standard.validate(value);
  if (result.issues === undefined) {
    if ('value' in result) return { output: result.value };
    throw new TypeError(`The schema of ${standard.vendor} returned neither a value nor issues`);
  }
  const [first] = result.issues[0]?.path ?? [];
  const key = typeof first === 'object' ? first.key : first;
  return { refused: key === undefined ? undefined : String(key) };
}
