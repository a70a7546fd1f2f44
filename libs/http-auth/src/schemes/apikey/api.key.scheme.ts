import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import type { Challenge } from '../../http/challenge.js';
import { isToken } from '../../http/grammar.js';
import type { HttpRequest } from '../../http/request.js';
import { type TokenLimitOptions, tokenLimitsProblem } from '../../limits/limit.options.js';
import { Limits } from '../../limits/limits.js';
import { isOptIn, schemeProblem } from '../auth.scheme.js';
import { decide } from '../decide.js';
import { Failure } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { secretsOf } from '../redact.js';
import type { OpenApiScheme, Scheme, SchemeDefinition } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { type Verifier, type VerifierFunction, verifierProblem } from '../verifier.js';
import { verifyWithin } from '../verify.within.js';
import {
  type ApiKeyCredentials,
  hasKeyAuthorization,
  parseKeyAuthorization,
  parseKeyField,
} from './api.key.credentials.js';

/** Options of API keys. */
export interface ApiKeyOptions {
  /**
   * The field that contains the key.
   *
   * @default 'X-API-Key'
   */
  readonly header?: string;
  /**
   * The name of the scheme: in challenges, for `@Schemes()`, and in `Authorization: ApiKey …`, where clients may send the key as well.
   *
   * @default 'ApiKey'
   */
  readonly name?: string;
  /**
   * If `true`, the scheme applies only to routes whose `@Schemes()` names it, and to protected paths whose `schemes` name it.
   *
   * @default `true` for a scheme with a `name`, otherwise `false`
   */
  readonly optIn?: boolean;
  /**
   * How many failed attempts an address may have before the scheme responds with 429 and does not call the verifier.
   *
   * @default false: a random key cannot be guessed
   */
  readonly limits?: TokenLimitOptions | false;
}

/** Fields with a meaning of their own, which cannot contain a key. */
const RESERVED = new Set(['authorization', 'proxy-authorization', 'cookie', 'host', 'origin']);

/**
 * Creates a scheme for API keys: a key with every request, in a field such as `X-API-Key`, or in `Authorization: ApiKey …`.
 *
 * @param verifier verifies `{ token }`: `tokens(find)`, another function, or an injectable class with `verify()`
 * @example
 * apiKey(tokens((hash) => keys.findOneBy({ hash })), { header: 'X-API-Key' })
 */
// An application may state the principal, as in `apiKey<Client>(verifier)`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function apiKey<Principal = unknown, Request extends object = HttpRequest>(
  // Excluded from type inference, because a verifier may return principals of several types.
  verifier: Verifier<ApiKeyCredentials, NoInfer<Principal>, Request>,
  options: ApiKeyOptions = {},
): SchemeDefinition {
  return {
    name: options.name ?? 'ApiKey',
    optIn: isOptIn(options),
    problem: () => optionsProblem(options) ?? verifierProblem('apiKey()', verifier),
    bind: (container) => new ApiKeyScheme(container.verifier(verifier) as VerifierFunction<ApiKeyCredentials>, options),
  };
}

const NAMES: OptionNames<ApiKeyOptions> = { header: true, name: true, optIn: true, limits: true };

function optionsProblem(options: ApiKeyOptions): string | undefined {
  const { header = 'X-API-Key', name = 'ApiKey', limits } = options;
  const missing = undefinedOption(options, ['header']);
  if (missing !== undefined) return `apiKey(): ${missing}`;
  if (typeof header !== 'string' || !isToken(header)) {
    return "apiKey(): header must be the name of a field, e.g. 'X-API-Key' (RFC 9110 section 5.1)";
  }
  if (RESERVED.has(header.toLowerCase())) {
    return `apiKey(): header must not be ${header}, which has another meaning; choose a field such as 'X-API-Key'`;
  }
  const wrong = schemeProblem(options);
  if (wrong !== undefined) return `apiKey(): ${wrong}`;
  if (['basic', 'bearer', 'digest', 'dpop'].includes(name.toLowerCase())) {
    return `apiKey(): name must not be ${name}, which is another scheme; choose a name such as 'ApiKey'`;
  }
  const problem = unknownOption(options, NAMES) ?? tokenLimitsProblem(limits);
  return problem && `apiKey(): ${problem}`;
}

/** The API keys of one application. */
class ApiKeyScheme implements Scheme {
  readonly name: string;
  readonly openapi: OpenApiScheme;
  readonly ambient = false;
  readonly fields: readonly string[];
  private readonly header: string;
  /** The name of the field in lower case, as Node has it. */
  private readonly field: string;
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #limits: Limits | undefined;

  constructor(
    private readonly verifier: VerifierFunction<ApiKeyCredentials>,
    { header = 'X-API-Key', name = 'ApiKey', limits }: ApiKeyOptions,
  ) {
    this.name = name;
    this.header = header;
    this.field = header.toLowerCase();
    this.fields = [this.field];
    this.openapi = { type: 'apiKey', in: 'header', name: header };
    this.#limits = limits ? new Limits(limits, name) : undefined;
  }

  /** The limits, if there are any. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  async authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    const inAuthorization = hasKeyAuthorization(request, this.name);
    const inField = this.presents(request);
    if (!inAuthorization && !inField) return new Failure('missing', this.name);
    // With two keys, a proxy and this server may take different ones.
    if (inAuthorization && inField) return new Failure('malformed', this.name);
    const credentials = inField
      ? parseKeyField(request, this.field)
      : parseKeyAuthorization(request.headers.authorization as string);
    if (credentials === undefined) return new Failure('malformed', this.name);
    const { token } = credentials;
    const secrets = () => [token, ...secretsOf(request)];
    return verifyWithin(this.#limits, this.name, { username: '', password: token }, request, () =>
      decide({ scheme: this.name, secrets }, () => this.verifier(credentials, request, context)),
    );
  }

  challenge(realm: string): Challenge {
    return { scheme: this.name, params: { realm, header: this.header } };
  }

  /** Returns `true` if the request has the field, even if it is malformed. */
  presents({ headers }: HttpRequest): boolean {
    return headers[this.field] !== undefined;
  }

  /** Returns the content of the field, which no log, error or event may contain. */
  secrets({ headers }: HttpRequest): readonly string[] {
    return [headers[this.field] ?? []].flat();
  }
}
