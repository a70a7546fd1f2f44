/** The names of all options of a type. The compiler checks that none is missing. */
export type OptionNames<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, true>>;

/**
 * Looks for an option that does not exist. A mistyped option would otherwise be ignored, and a stricter setting would have no effect.
 *
 * @param path the path before the name in the message, e.g. `limits.`
 * @returns an error message, or `undefined` if all options exist
 */
export function unknownOption(options: object, names: Readonly<Record<string, true>>, path = ''): string | undefined {
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !Object.hasOwn(names, name));
  return unknown && `${path}${unknown[0]} is not an option; the options are ${Object.keys(names).join(', ')}`;
}

/**
 * Looks for an option that is written, but `undefined`, e.g. because a variable of the environment is missing. For an option that makes
 * the check of credentials stricter, the default would be a silent hole.
 *
 * @param names the names of such options
 * @param path the path before the name in the message, e.g. `issuers: `
 * @returns an error message, or `undefined` if all of these options have a value or are absent
 */
export function undefinedOption(options: object, names: readonly string[], path = ''): string | undefined {
  const name = names.find(
    (one) => Object.hasOwn(options, one) && (options as Record<string, unknown>)[one] === undefined,
  );
  return (
    name && `${path}${name} is undefined; set its value, e.g. the variable of the environment, or leave the option out`
  );
}
