import { AuthConfigurationError } from './configuration.error.js';
import type { Scheme, SchemeContainer, SchemeDefinition } from './scheme.js';
import type { PassportRegistry } from './strategy.js';

/** The schemes of one application, in the order of its options, which is the order of the challenges. */
export class SchemeRegistry {
  private bound: readonly Scheme[] = [];

  /** @throws AuthConfigurationError where there is none, one is misused, or two have one name */
  constructor(private readonly definitions: readonly SchemeDefinition[]) {
    if (!Array.isArray(definitions) || definitions.length === 0) {
      throw new AuthConfigurationError('schemes must list at least one scheme, e.g. [basic(verifier)]');
    }
    const names = new Set<string>();
    for (const definition of this.definitions) {
      const problem = isDefinition(definition)
        ? definition.problem()
        : 'schemes must list what basic(), bearer() or passportStrategy() return';
      if (problem !== undefined) throw new AuthConfigurationError(problem);
      const name = definition.name.toLowerCase();
      if (names.has(name)) {
        throw new AuthConfigurationError(`schemes has two schemes of the name ${definition.name}: leave one out`);
      }
      names.add(name);
    }
  }

  /** Makes the schemes, and registers their strategies in Passport under the names that `AuthGuard()` knows. */
  bind(container: SchemeContainer, passport: PassportRegistry): void {
    this.bound = this.definitions.map((definition) => definition.bind(container));
    for (const { name, strategy } of this.bound) passport.use(strategy.name ?? name.toLowerCase(), strategy);
  }

  /** All of them, once they are bound. */
  get all(): readonly Scheme[] {
    return this.bound;
  }

  /**
   * Those of some names, in the order of the options. Case does not matter (RFC 9110 section 11.1).
   *
   * @throws AuthConfigurationError where a name is unknown or there is none
   */
  named(names: readonly string[]): readonly Scheme[] {
    const known = this.definitions.map(({ name }) => name.toLowerCase());
    const unknown = names.find((name) => !known.includes(name.toLowerCase()));
    if (unknown !== undefined) {
      throw new AuthConfigurationError(
        `@Schemes('${unknown}') names no scheme of AuthModule: it has ${known.join(', ')}`,
      );
    }
    if (names.length === 0) {
      throw new AuthConfigurationError(`@Schemes() names no scheme: give it one or more of ${known.join(', ')}`);
    }
    const wanted = names.map((name) => name.toLowerCase());
    return this.bound.filter(({ name }) => wanted.includes(name.toLowerCase()));
  }
}

function isDefinition(value: unknown): value is SchemeDefinition {
  const { name, bind, problem } = (value ?? {}) as Partial<SchemeDefinition>;
  return typeof bind === 'function' && typeof problem === 'function' && typeof name !== 'undefined';
}
