import { createSecretKey } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { warnOfInsecureHttp } from '../allow.insecure.http.js';
import { issuerProblem, issuersProblem, publicKeyOf, secretOf } from './issuer.check.js';
import { type JwkSet, KeySet } from './jwk.set.js';
import type { JwtIssuer } from './jwt.options.js';
import { type Keys, knownKeys, onlyKey } from './keys.js';
import type { KeySource } from './metadata.js';
import { RemoteKeys } from './remote.keys.js';
import type { Settings } from './settings.js';
import { TrustedIssuer } from './trusted.issuer.js';

/** The maximum number of issuers, and of remote key sets. An application that chooses issuers by request may have many. */
const MAX = 1000;

/**
 * Creates trusted issuers from options. It keeps them, because a function of the request returns the same options again and
 * again. Issuers that differ only in their audience share their keys.
 */
export class Issuers {
  private readonly known = new LRUCache<string, TrustedIssuer>({ max: MAX });
  private readonly remote = new LRUCache<string, RemoteKeys>({ max: MAX });

  constructor(private readonly settings: Pick<Settings, 'clockTolerance' | 'times' | 'fetch'>) {}

  /** All issuers that are known so far, each with its keys, in the order of their first use or of the options. */
  get list(): readonly TrustedIssuer[] {
    return [...this.known.rvalues()].filter((one) => one !== undefined);
  }

  /** @throws AuthConfigurationError if an issuer is invalid */
  all(entries: readonly JwtIssuer[]): readonly TrustedIssuer[] {
    check(issuersProblem(entries));
    return entries.map((entry) => this.one(plain(entry)));
  }

  private one(entry: JwtIssuer): TrustedIssuer {
    const text = JSON.stringify(entry);
    let issuer = this.known.get(text);
    if (issuer === undefined) {
      check(issuerProblem(entry));
      issuer = new TrustedIssuer(entry, this.keysOf(entry), this.settings.clockTolerance);
      if (entry.allowInsecureHttp === true) {
        warnOfInsecureHttp('jwt', entry.issuer, 'can replace the keys, and forge tokens');
      }
      this.known.set(text, issuer);
    }
    return issuer;
  }

  private keysOf({ issuer, jwks, key, secret, metadataUrl, headers, allowInsecureHttp }: JwtIssuer): Keys {
    if (secret !== undefined) return onlyKey(createSecretKey(secretOf(secret)));
    const publicKey = key === undefined ? undefined : publicKeyOf(key);
    if (publicKey !== undefined) return onlyKey(publicKey);
    if (typeof jwks === 'object') return localKeys(jwks);
    const source: KeySource = {
      issuer,
      jwks,
      ...(metadataUrl !== undefined && { metadataUrl }),
      ...(headers !== undefined && { headers }),
      ...(allowInsecureHttp !== undefined && { allowInsecureHttp }),
    };
    const id = JSON.stringify(jwks === undefined ? source : { ...source, issuer: '' });
    let keys = this.remote.get(id);
    if (keys === undefined) {
      keys = new RemoteKeys(source, this.settings.times, this.settings.fetch);
      this.remote.set(id, keys);
    }
    return keys;
  }
}

/** Copies the options. An object of the application may hide some of them from JSON, and so from the key in the cache. */
function plain({ issuer, audience, jwks, key, secret, algorithms, profile, ...rest }: JwtIssuer): JwtIssuer {
  const { metadataUrl, headers, allowInsecureHttp, clients, require } = rest;
  return {
    issuer,
    audience,
    ...(jwks !== undefined && { jwks }),
    ...(key !== undefined && { key }),
    ...(secret !== undefined && { secret }),
    ...(algorithms !== undefined && { algorithms }),
    ...(profile !== undefined && { profile }),
    ...(metadataUrl !== undefined && { metadataUrl }),
    ...(headers !== undefined && { headers }),
    ...(allowInsecureHttp !== undefined && { allowInsecureHttp }),
    ...(clients !== undefined && { clients }),
    ...(require !== undefined && { require }),
  };
}

/** @throws AuthConfigurationError if no key of the set can verify a signature */
function localKeys(jwks: JwkSet): Keys {
  const set = new KeySet(jwks);
  const { size, problems } = set;
  if (size === 0) check(`jwks has no key for signatures; add a public key of the issuer. ${problems.join('. ')}`);
  const logger = new Logger('jwt');
  problems.forEach((problem) => logger.warn(problem));
  return knownKeys(size, (header, token) => set.find(header, token));
}

function check(problem: string | undefined): void {
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `jwt(): ${problem}`);
}
