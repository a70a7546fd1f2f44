import { AuthConfigurationError } from '../../common/configuration.error.js';
import { isSignedBy } from '../../jose/signature.js';
import type { AuthParams } from '../../http/auth-param.js';
import type { Challenge } from '../../http/challenge.js';
import { schemeOf, token68Of } from '../../http/credentials.js';
import { countFieldLines, type HttpRequest, identityOf } from '../../http/request.js';
import { Limits } from '../../limits/limits.js';
import { admit, mergeInfo } from '../admission.js';
import { isOptIn } from '../auth.scheme.js';
import { verifyBound } from '../bound.token.js';
import { CERTIFICATE_METADATA, CertificateCheck } from '../certificate.check.js';
import type { CertificateNeed } from '../client.certificate.js';
import type { Confirmation } from '../confirmation.js';
import { decide } from '../decide.js';
import { Failure, type FailureReason } from '../failure.js';
import { hasFormToken } from '../form.token.js';
import { Nonces } from '../nonces.js';
import type { Outcome } from '../outcome.js';
import { Replay } from '../replay.js';
import type { OpenApiScheme, Scheme, SchemeContainer, SchemeDefinition } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { type Verifier, type VerifierFunction, verifierProblem } from '../verifier.js';
import { verifyWithin } from '../verify.within.js';
import { type DpopOptions, type DpopSettings, optionsProblem, settingsOf } from './dpop.options.js';
import { type Proof, proofFailure, readProof } from './proof.js';
import { ProofKeys } from './public.jwk.js';
import { targetPath } from './target.uri.js';

/** The auth-scheme (RFC 9449 section 7.1). */
const AUTH_SCHEME = 'DPoP';

/** The field with the proof, in lower case (section 4.1). */
const FIELD = 'dpop';

/** The purpose of the nonces. */
const NONCE_PURPOSE = 'nestjs-http-auth:dpop-nonce:';

/** The credentials of the DPoP scheme, as the verifier gets them. The scheme checks the proof itself. */
export interface DpopCredentials {
  /** The access token. */
  readonly token: string;
}

/**
 * Creates the DPoP scheme: an access token that is bound to a key, with a proof that the client has the key (RFC 9449). A stolen token
 * is useless without the key.
 *
 * The verifier tells the key: `jwt()` and `introspection()` hand on `cnf` of the token, and a verifier of the application returns
 * `admit(user, { confirmation: { jkt } })`. A token that is not bound is refused.
 *
 * @param verifier verifies `{ token }`: `jwt(…)`, `introspection(…)`, another function, or an injectable class with `verify()`
 * @example
 * dpop(jwt({ issuer: 'https://login.example', audience: 'https://api.example' }), { origin: 'https://api.example' })
 */
// An application may state the principal, as in `dpop<User>(verifier, options)`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function dpop<Principal = unknown, Request extends object = HttpRequest>(
  // Excluded from type inference, because a verifier may return principals of several types.
  verifier: Verifier<DpopCredentials, NoInfer<Principal>, Request>,
  options: DpopOptions = {},
): SchemeDefinition {
  return {
    name: options.name ?? AUTH_SCHEME,
    optIn: isOptIn(options),
    problem: () => optionsProblem(options) ?? verifierProblem('dpop()', verifier),
    bind: (container) => {
      const problem = applicationProblem(options, container);
      if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', `dpop(): ${problem}`);
      return new DpopScheme(container.verifier(verifier) as VerifierFunction<DpopCredentials>, options, container);
    },
  };
}

/** Checks if the application can have the scheme. Returns an error message, or `undefined` if it can. */
function applicationProblem({ origin }: DpopOptions, { isProxy, resourceUrls }: SchemeContainer): string | undefined {
  if (isProxy) return 'DPoP does not exist for proxies (RFC 9449 section 7.1); remove dpop() or proxy: true';
  return origin === undefined && resourceUrls.length === 0
    ? "origin is missing; name the origin of the application for its clients, e.g. 'https://api.example', or set resource of AuthModule"
    : undefined;
}

const FAILURES = {
  missing: proofFailure('The DPoP proof is missing'),
  several: proofFailure('The request has several DPoP fields'),
  nonce: proofFailure('The DPoP proof needs a nonce of this server', 'use_dpop_nonce'),
  early: proofFailure('The DPoP proof is not valid yet'),
  old: proofFailure('The DPoP proof has expired'),
  signature: proofFailure('The signature of the DPoP proof cannot be verified'),
  used: proofFailure('The DPoP proof was used before'),
  unbound: tokenFailure('The token is not bound to a key of DPoP'),
  otherKey: tokenFailure('The token is bound to another key'),
};

function tokenFailure(description: string): Failure {
  return new Failure('invalid', AUTH_SCHEME, 401, { params: { error_description: description } });
}

/** The errors for credentials that were refused (RFC 6750 section 3.1). The failures of proofs have other errors. */
const ERRORS: Partial<Record<FailureReason, AuthParams>> = {
  malformed: { error: 'invalid_request' },
  invalid: { error: 'invalid_token' },
  insufficient: { error: 'insufficient_scope' },
};

/** The characters that RFC 6750 section 3 does not allow in an `error_description`. */
const NOT_DESCRIPTION = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/** The DPoP scheme of one application. */
class DpopScheme implements Scheme {
  readonly name: string;
  readonly authScheme = AUTH_SCHEME;
  readonly oauth = true;
  readonly confirms = true;
  readonly needsCertificate: CertificateNeed | undefined;
  readonly fields = [FIELD];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly openapi: OpenApiScheme;
  private readonly algs: string;
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #verifier: VerifierFunction<DpopCredentials>;
  readonly #settings: DpopSettings;
  readonly #certificate: CertificateCheck;
  readonly #limits: Limits | undefined;
  readonly #nonces: Nonces | undefined;
  readonly #replay: Replay;
  readonly #keys = new ProofKeys();
  /** The requests whose client should get a new nonce. */
  readonly #renewing = new WeakSet<object>();

  constructor(verifier: VerifierFunction<DpopCredentials>, options: DpopOptions, container: SchemeContainer) {
    const { name = AUTH_SCHEME, certificate, openapi, limits } = options;
    const settings = settingsOf(options, container.resourceUrls);
    const { algorithms, maxAge, clockTolerance, nonces, replay } = settings;
    this.name = name;
    // The key of DPoP makes a route with @SenderConstrained() accept the token.
    this.needsCertificate = certificate && (certificate.required === true ? 'always' : 'bound');
    this.openapi = openapi ?? { type: 'http', scheme: 'dpop' };
    this.metadata = {
      dpop_signing_alg_values_supported: algorithms,
      ...(certificate !== undefined && CERTIFICATE_METADATA),
    };
    this.algs = algorithms.join(' ');
    this.#verifier = verifier;
    this.#settings = settings;
    this.#certificate = new CertificateCheck(AUTH_SCHEME, certificate);
    this.#limits = limits ? new Limits(limits, name) : undefined;
    const tolerance = clockTolerance;
    this.#nonces = nonces && new Nonces({ purpose: NONCE_PURPOSE, ...nonces, tolerance });
    const lifetime = nonces === undefined ? maxAge + clockTolerance : nonces.lifetime;
    this.#replay = new Replay(container, { name: 'dpop', title: 'DPoP proofs', lifetime, tolerance }, replay);
  }

  /** The limits, if there are any. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  /**
   * Checks what is cheap first, and the signature only after a valid token has named the key of the proof. So a client without a token
   * cannot make the server verify signatures.
   */
  async authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    const field = request.headers.authorization;
    if (field === undefined || schemeOf(field) !== 'dpop') return new Failure('missing', this.name);
    const token = token68Of(field);
    // A request that sends a token in more than one way is malformed (RFC 6750 section 3.1).
    if (token === undefined || hasFormToken(request)) return new Failure('malformed', this.name, 400);
    const proof = this.proofOf(request, token);
    if (proof instanceof Failure) return proof;
    const time = this.timeOf(proof);
    if (time instanceof Failure) return time;
    const secrets = () => [token, ...this.secrets(request)];
    return verifyWithin(this.#limits, this.name, { username: '', password: token }, request, () =>
      decide({ scheme: this.name, secrets, confirms: true }, () =>
        this.admit(token, { proof, time }, request, context),
      ),
    );
  }

  challenge(realm: string, failure: Failure | undefined): Challenge {
    const { error_description: description, ...further } = failure?.details.params ?? {};
    const params = {
      realm,
      ...(failure && ERRORS[failure.reason]),
      ...further,
      ...(description !== undefined && { error_description: description.replace(NOT_DESCRIPTION, '?') }),
      algs: this.algs,
    };
    return { scheme: AUTH_SCHEME, params };
  }

  /** Returns a nonce with each challenge, so that a client has one for its first proof. */
  nonceFor(request: HttpRequest, isChallenge: boolean): readonly [string, string] | undefined {
    if (this.#nonces === undefined || !(isChallenge || this.#renewing.has(identityOf(request)))) return undefined;
    return ['DPoP-Nonce', this.#nonces.issue()];
  }

  dependsOnConnection(request: HttpRequest): boolean {
    return this.#certificate.decides(request);
  }

  /** Returns the proof, which no log, error or event may contain. */
  secrets({ headers }: HttpRequest): readonly string[] {
    return [headers[FIELD] ?? []].flat();
  }

  /** Reads the proof, and checks everything that does not need its signature. */
  private proofOf(request: HttpRequest, token: string): Proof | Failure {
    const text = request.headers[FIELD];
    if (text === undefined) return FAILURES.missing;
    // Node joins several lines to one string.
    if (typeof text !== 'string' || countFieldLines(request, FIELD) !== 1) return FAILURES.several;
    const { algorithms, origins } = this.#settings;
    const path = targetPath(request);
    const uris = path === undefined ? [] : origins.map((origin) => origin + path);
    return readProof(text, { algorithms, method: request.method, uris, token });
  }

  /** Returns the second of a proof that is fresh: the issue of its nonce, or its `iat`. */
  private timeOf({ iat, nonce }: Proof): number | Failure {
    if (this.#nonces !== undefined) return this.#nonces.timeOf(nonce) ?? FAILURES.nonce;
    const { maxAge, clockTolerance } = this.#settings;
    const now = Date.now() / 1000;
    if (iat > now + clockTolerance) return FAILURES.early;
    return iat + maxAge + clockTolerance < now ? FAILURES.old : iat;
  }

  /** Verifies the token, and then if the client has the key that the token is bound to. */
  private async admit(
    token: string,
    { proof, time }: { readonly proof: Proof; readonly time: number },
    request: HttpRequest,
    context: VerifierContext,
  ): Promise<Outcome> {
    const bound = await verifyBound(this.name, this.#verifier, { token }, request, context);
    if (bound instanceof Failure) return bound;
    const { principal, info } = bound.admission;
    const { confirmations } = bound;
    const failure =
      bindingFailure(confirmations, proof.jkt) ??
      this.#certificate.failure(confirmations, request) ??
      this.signatureFailure(proof);
    if (failure !== undefined) return failure;
    const reused = await this.useFailure(proof, time, request);
    return reused ?? admit(principal, mergeInfo(info, { confirmation: confirmations[0] }));
  }

  private signatureFailure({ jwk, jkt, alg, jws }: Proof): Failure | undefined {
    const key = this.#keys.find(jwk, jkt);
    return key !== undefined && isSignedBy(key, alg, jws.input, jws.signature) ? undefined : FAILURES.signature;
  }

  /** Uses up the proof. It comes last, so that a request that is refused does not use up a proof of another client. */
  private async useFailure(proof: Proof, time: number, request: HttpRequest): Promise<Failure | undefined> {
    const { key } = proof;
    if (!this.#replay.hasUsed(request, key)) {
      // The verifier may have taken so long that the memory has forgotten the proof.
      const late = this.timeOf(proof);
      if (late instanceof Failure) return late;
      const use = await this.#replay.use(request, key, time);
      if (use === 'used') return FAILURES.used;
      // With a newer nonce, the client can make a proof that is certainly new.
      if (use === 'unknown') return this.#nonces === undefined ? FAILURES.old : FAILURES.nonce;
    }
    if (this.#nonces?.isOld(time) === true) this.#renewing.add(identityOf(request));
    return undefined;
  }
}

/** Checks the key that the token is bound to. */
function bindingFailure(confirmations: readonly Confirmation[], jkt: string): Failure | undefined {
  // A plain comparison, because a thumbprint is public.
  if (confirmations.some((confirmation) => confirmation.jkt !== undefined && confirmation.jkt !== jkt)) {
    return FAILURES.otherKey;
  }
  return confirmations.length > 0 && confirmations.every((confirmation) => confirmation.jkt === jkt)
    ? undefined
    : FAILURES.unbound;
}
