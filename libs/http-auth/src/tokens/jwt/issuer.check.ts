import { createPublicKey, type KeyObject } from 'node:crypto';
import type { OptionNames } from '../../common/options.js';
import { algorithmsOf, PUBLIC_KEY_ALGORITHMS, SECRET_ALGORITHMS } from '../../jose/algorithms.js';
import { audienceProblem } from '../audience.js';
import { insecureHttpProblem } from '../allow.insecure.http.js';
import { endpointProblem } from '../endpoint.js';
import { headersProblem } from '../headers.js';
import type { JwkSet } from './jwk.set.js';
import { templateProblem } from './issuer.template.js';
import type { JwtIssuer } from './jwt.options.js';
import { requiredProblem } from './required.claims.js';

/** The options of an issuer. */
export const ISSUER_NAMES: OptionNames<JwtIssuer> = {
  issuer: true,
  audience: true,
  jwks: true,
  key: true,
  secret: true,
  algorithms: true,
  profile: true,
  metadataUrl: true,
  headers: true,
  allowInsecureHttp: true,
  clients: true,
  require: true,
};

/** Checks a list of issuers. Returns an error message, or `undefined` if the list is valid. */
export function issuersProblem(issuers: readonly JwtIssuer[]): string | undefined {
  if (!Array.isArray(issuers) || issuers.some((one) => typeof one !== 'object' || one === null)) {
    return 'issuers must be a list of { issuer, audience, … }, or a function of the request that returns one';
  }
  const names = issuers.map(({ issuer }) => issuer);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `issuers: ${twice} is in the list twice; give it a list as audience`;
}

/** Checks an issuer. Returns an error message, or `undefined` if the issuer is valid. */
export function issuerProblem(entry: JwtIssuer): string | undefined {
  const { issuer, audience, profile, jwks, key, secret, metadataUrl, allowInsecureHttp } = entry;
  if (typeof issuer !== 'string' || issuer === '') return 'issuer must be the string of the claim iss';
  if ([jwks, key, secret].filter((one) => one !== undefined).length > 1) {
    return 'jwks, key and secret exclude each other; keep the key that the issuer signs with';
  }
  const discovers = (jwks ?? key ?? secret) === undefined;
  const http = insecureHttpProblem(allowInsecureHttp);
  if (http !== undefined) return http;
  const url = discovers || issuer.startsWith('http:') ? endpointProblem(issuer, allowInsecureHttp) : undefined;
  if (url !== undefined) return `issuer ${url}`;
  const remote = sourceProblem(entry, discovers) ?? templateProblem(issuer, metadataUrl !== undefined || !discovers);
  if (remote !== undefined) return remote;
  if (discovers && new URL(issuer).search !== '') return 'issuer must have no query (RFC 8414 section 2)';
  if (profile !== undefined && profile !== 'at+jwt' && profile !== 'id_token') {
    return "profile must be 'at+jwt', 'id_token', or absent";
  }
  if (profile !== undefined && audience === null) {
    const source = profile === 'at+jwt' ? 'RFC 9068 section 4' : 'OpenID Connect Core section 3.1.3.7';
    return `audience must be given if profile is ${profile}, which requires it (${source})`;
  }
  return audienceProblem(audience) ?? requiredProblem(entry) ?? keyProblem(entry) ?? algorithmsProblem(entry);
}

/** Checks how the keys are requested. */
function sourceProblem({ metadataUrl, headers, jwks, allowInsecureHttp }: JwtIssuer, discovers: boolean) {
  const wrong = headersProblem(headers, ['accept']);
  if (wrong !== undefined) return wrong;
  if (headers !== undefined && !discovers && typeof jwks !== 'string') {
    return 'headers is for requests, but the key is an option; remove headers';
  }
  if (metadataUrl === undefined) return undefined;
  if (!discovers) return 'metadataUrl, jwks, key and secret exclude each other; keep one of them';
  const url = endpointProblem(metadataUrl, allowInsecureHttp);
  return url && `metadataUrl ${url}`;
}

function keyProblem({ jwks, key, secret, allowInsecureHttp }: JwtIssuer): string | undefined {
  if (typeof jwks === 'string') {
    const problem = endpointProblem(jwks, allowInsecureHttp);
    return problem && `jwks ${problem}`;
  }
  if (jwks !== undefined) return setProblem(jwks);
  if (key !== undefined && publicKeyOf(key) === undefined) {
    return 'key must be a public key in PEM: RSA of 2048 bits or more, P-256, P-384, P-521, or Ed25519';
  }
  if (secret !== undefined && !(typeof secret === 'string' || secret instanceof Uint8Array)) {
    return 'secret must be a string or bytes';
  }
  return undefined;
}

/** A set that the application writes down must have public keys only. */
function setProblem({ keys }: JwkSet): string | undefined {
  const valid =
    Array.isArray(keys) &&
    keys.length > 0 &&
    keys.every((jwk) => typeof jwk === 'object' && jwk !== null && typeof jwk.kty === 'string' && jwk.kty !== 'oct');
  if (!valid) return 'jwks must be an https URL, or { keys: [ … ] } of public keys; a shared key is the option secret';
  return keys.some((jwk) => 'd' in jwk || 'priv' in jwk)
    ? 'jwks has a private key; remove all members that are not public'
    : undefined;
}

/** Returns the algorithms that the tokens of an issuer may use. */
export function allowedAlgorithms({ algorithms, key, secret }: JwtIssuer): readonly string[] {
  return algorithms ?? (secret === undefined ? fitting(key) : ['HS256']);
}

function algorithmsProblem(entry: JwtIssuer): string | undefined {
  const { secret, key } = entry;
  const algorithms = allowedAlgorithms(entry);
  if (!Array.isArray(algorithms) || algorithms.length === 0) return 'algorithms must list at least one, e.g. RS256';
  if (algorithms.some((one) => String(one).toLowerCase() === 'none')) return 'algorithms must not list none';
  return secret === undefined ? publicAlgorithmsProblem(algorithms, key) : secretProblem(algorithms, secret);
}

function publicAlgorithmsProblem(algorithms: readonly string[], key: string | undefined): string | undefined {
  const wrong = algorithms.find((one) => !fitting(key).includes(one));
  if (wrong === undefined) return undefined;
  return Object.hasOwn(SECRET_ALGORITHMS, wrong)
    ? `algorithms: ${wrong} is for a shared secret, and a public key is not secret (RFC 8725 section 2.1)`
    : `algorithms: ${wrong} is not supported; choose from ${fitting(key).join(', ')}`;
}

function secretProblem(algorithms: readonly string[], secret: string | Uint8Array): string | undefined {
  const wrong = algorithms.find((one) => !Object.hasOwn(SECRET_ALGORITHMS, one));
  if (wrong !== undefined) return `algorithms: ${wrong} is not for a secret; choose from HS256, HS384 and HS512`;
  const bytes = Math.max(...algorithms.map((one) => SECRET_ALGORITHMS[one] ?? 0));
  return secretOf(secret).length < bytes
    ? `secret must have ${bytes} bytes or more for ${algorithms.join(', ')} (RFC 7518 section 3.2)`
    : undefined;
}

/** Returns the algorithms for the issuer's only key, or for any public key. */
function fitting(key: string | undefined): readonly string[] {
  const known = key === undefined ? undefined : publicKeyOf(key);
  return known === undefined ? PUBLIC_KEY_ALGORITHMS : algorithmsOf(known);
}

/** Reads a public key in PEM. Returns `undefined` if it is not one, or if no algorithm fits it. */
export function publicKeyOf(pem: string): KeyObject | undefined {
  if (!/^\s*-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----/.test(pem)) return undefined;
  try {
    const key = createPublicKey(pem);
    return algorithmsOf(key).length > 0 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the bytes of a secret. */
export function secretOf(secret: string | Uint8Array): Uint8Array {
  return typeof secret === 'string' ? Buffer.from(secret) : secret;
}
