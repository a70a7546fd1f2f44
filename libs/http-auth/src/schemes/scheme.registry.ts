import { AuthConfigurationError } from '../common/configuration.error.js';
import type { Scheme, SchemeContainer, SchemeDefinition } from './scheme.js';
import type { PassportRegistry } from './strategy.js';

/** The schemes of one application, in the order of its options, which is the order of the challenges. */
export class SchemeRegistry {
  private bound: readonly Scheme[] | undefined;

  /** @throws AuthConfigurationError where there is none, one is misused, or two have one name */
  constructor(
    private readonly definitions: readonly SchemeDefinition[],
    private readonly container: SchemeContainer,
    private readonly passport: PassportRegistry,
  ) {
    if (!Array.isArray(definitions) || definitions.length === 0) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEMES',
        'schemes must list at least one scheme, e.g. [basic(verifier)]',
      );
    }
    const names = new Set<string>();
    for (const definition of this.definitions) {
      const problem = isDefinition(definition)
        ? definition.problem()
        : 'schemes must list what basic(), bearer() or passportStrategy() return';
      if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEMES', problem);
      const name = definition.name.toLowerCase();
      if (names.has(name)) {
        throw new AuthConfigurationError(
          'ERR_AUTH_SCHEMES',
          `schemes has two schemes of the name ${definition.name}: leave one out`,
        );
      }
      names.add(name);
    }
  }

  /**
   * Makes the schemes, and registers their strategies in Passport under the names that `AuthGuard()` knows. It is done once,
   * when the container has its providers.
   */
  bind(): readonly Scheme[] {
    if (this.bound === undefined) {
      const schemes = this.definitions.map((definition) => definition.bind(this.container));
      this.register(schemes);
      this.bound = schemes;
    }
    return this.bound;
  }

  private register(schemes: readonly Scheme[]): void {
    const names = new Set<string>();
    for (const { name: scheme, strategy } of schemes) {
      const name = strategy.name ?? scheme.toLowerCase();
      if (names.has(name)) {
        throw new AuthConfigurationError(
          'ERR_AUTH_SCHEMES',
          `schemes has two strategies of the name ${name}: give one another name`,
        );
      }
      names.add(name);
      this.passport.use(name, strategy);
    }
  }

  /** All of them. They are bound by whoever asks first, which may be before the application is initialized. */
  get all(): readonly Scheme[] {
    return this.bind();
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
        'ERR_AUTH_SCHEMES',
        `schemes: AuthModule has no '${unknown}'; it has ${known.join(', ')}`,
      );
    }
    if (names.length === 0) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEMES',
        `schemes: none is named; name one or more of ${known.join(', ')}`,
      );
    }
    const wanted = names.map((name) => name.toLowerCase());
    return this.all.filter(({ name }) => wanted.includes(name.toLowerCase()));
  }
}

function isDefinition(value: unknown): value is SchemeDefinition {
  const { name, bind, problem } = (value ?? {}) as Partial<SchemeDefinition>;
  return typeof bind === 'function' && typeof problem === 'function' && typeof name !== 'undefined';
}
