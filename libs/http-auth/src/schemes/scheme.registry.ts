import { AuthConfigurationError } from '../common/configuration.error.js';
import type { Scheme, SchemeContainer, SchemeDefinition } from './scheme.js';

/** The schemes of one application, in the order of the option `schemes`, which is the order of their challenges. */
export class SchemeRegistry {
  private bound: readonly Scheme[] | undefined;
  private readonly verifiers = new Map<Scheme, readonly unknown[]>();
  /** The verifiers that the current scheme has asked for. */
  private asked: unknown[] = [];
  /** The same object for all schemes, because schemes share memory by the container, e.g. that of used proofs. */
  private readonly recorder: SchemeContainer;

  /** @throws AuthConfigurationError if there is no scheme, a scheme is invalid, or two schemes have the same name */
  constructor(
    private readonly definitions: readonly SchemeDefinition[],
    container: SchemeContainer,
  ) {
    this.recorder = {
      verifier: (verifier) => {
        this.asked.push(verifier);
        return container.verifier(verifier);
      },
      provider: (type) => container.provider(type),
      isProxy: container.isProxy,
      resourceUrls: container.resourceUrls,
    };
    if (!Array.isArray(definitions) || definitions.length === 0) {
      throw new AuthConfigurationError('ERR_AUTH_SCHEMES', 'schemes: list at least one scheme, e.g. [basic(verifier)]');
    }
    const names = new Set<string>();
    for (const definition of this.definitions) {
      if (!isDefinition(definition)) {
        throw new AuthConfigurationError(
          'ERR_AUTH_SCHEMES',
          'schemes: an entry is not a scheme; list the results of basic(), bearer() or passportStrategy()',
        );
      }
      const problem = definition.problem();
      if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', problem);
      const name = definition.name.toLowerCase();
      if (names.has(name)) {
        throw new AuthConfigurationError(
          'ERR_AUTH_SCHEME_DUPLICATE',
          `schemes: two schemes are named "${definition.name}"; give one of them another name by its option name (of cookie(): scheme)`,
        );
      }
      names.add(name);
    }
    if (this.definitions.every(({ optIn }) => optIn === true)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEMES',
        'schemes: every scheme is opt-in, so routes without @Schemes() would have no scheme; set optIn: false for one of them',
      );
    }
  }

  /**
   * All schemes. The first access binds them, which needs the providers of the container. An OpenAPI document may be created
   * before the application is initialized, so there is no fixed moment for it.
   */
  get all(): readonly Scheme[] {
    return (this.bound ??= this.definitions.map((definition) => this.bind(definition)));
  }

  /** Returns the verifiers that a scheme has asked the container for. A scheme of a Passport strategy has none. */
  verifiersOf(scheme: Scheme): readonly unknown[] {
    return this.verifiers.get(scheme) ?? [];
  }

  /** The schemes of routes and protected paths that do not name any: all that are not opt-in. */
  get usual(): readonly Scheme[] {
    return this.all.filter((_, index) => this.definitions[index]?.optIn !== true);
  }

  /**
   * Returns the schemes with the given names, in the order of the option `schemes`. Case does not matter (RFC 9110 section
   * 11.1).
   *
   * @throws AuthConfigurationError if a name is unknown, or there is no name
   */
  named(names: readonly string[]): readonly Scheme[] {
    const known = this.definitions.map(({ name }) => name.toLowerCase());
    const unknown = names.find((name) => !known.includes(name.toLowerCase()));
    if (unknown !== undefined) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEME_UNKNOWN',
        `schemes: AuthModule has no scheme "${unknown}"; it has ${known.join(', ')}`,
      );
    }
    if (names.length === 0) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEME_UNKNOWN',
        `schemes: the list is empty; name at least one of ${known.join(', ')}`,
      );
    }
    const wanted = names.map((name) => name.toLowerCase());
    return this.all.filter(({ name }) => wanted.includes(name.toLowerCase()));
  }

  private bind(definition: SchemeDefinition): Scheme {
    this.asked = [];
    const scheme = definition.bind(this.recorder);
    this.verifiers.set(scheme, this.asked);
    return scheme;
  }
}

function isDefinition(value: unknown): value is SchemeDefinition {
  const { bind, problem } = (value ?? {}) as Partial<SchemeDefinition>;
  return typeof bind === 'function' && typeof problem === 'function';
}
