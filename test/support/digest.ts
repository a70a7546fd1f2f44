import { createHash, randomBytes } from 'node:crypto';
import { parseChallenges } from 'nestjs-http-auth';
import type { Answer } from './client.js';

const NODE: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256', MD5: 'md5' };

/** Hashes parts that are separated by colons, by the algorithm with or without `-sess`. */
export function hash(algorithm: string, ...parts: string[]): string {
  return createHash(NODE[algorithm.replace(/-sess$/, '')] ?? '')
    .update(parts.join(':'))
    .digest('hex');
}

/** The params of the Digest challenges of a response. */
export function digestChallenges(challenges: string | string[]): Record<string, string>[] {
  const all = parseChallenges(challenges) ?? [];
  return all.filter(({ scheme }) => scheme === 'Digest').map(({ params = {} }) => params);
}

/** A client of Digest that knows a password. It is written from RFC 7616, and uses only the parser of the library. */
export interface DigestClient {
  username: string;
  password: string;
  /** The challenge. */
  params: Record<string, string>;
  uri: string;
  method?: string;
  nc?: string;
  cnonce?: string;
}

/** The parts of a response, by which a test can check `rspauth`. */
export interface DigestAnswer {
  fields: Record<string, string>;
  /** The proof of the server. */
  rspauth: string;
}

/** Answers a challenge. */
export function answerDigest({
  username,
  password,
  params,
  uri,
  method = 'GET',
  nc = '00000001',
  cnonce = randomBytes(8).toString('hex'),
}: DigestClient): DigestAnswer {
  const { realm = '', nonce = '', algorithm = 'MD5' } = params;
  const ha1 = hash(algorithm, username, realm, password);
  const key = algorithm.endsWith('-sess') ? hash(algorithm, ha1, nonce, cnonce) : ha1;
  const proof = (verb: string) => hash(algorithm, key, nonce, nc, cnonce, 'auth', hash(algorithm, verb, uri));
  const fields = { username, realm, nonce, uri, response: proof(method), algorithm, qop: 'auth', nc, cnonce };
  return { fields, rspauth: proof('') };
}

/** Formats the field, with the quotes of RFC 7616 section 3.4. `undefined` leaves a parameter out. */
export function digestField(fields: Readonly<Record<string, string | undefined>>): string {
  const tokens = ['algorithm', 'qop', 'nc', 'userhash', 'username*'];
  const params = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${tokens.includes(name) ? value : `"${value}"`}`],
  );
  return `Digest ${params.join(', ')}`;
}

/** The params of `Authentication-Info`. */
export function infoOf({ headers }: Pick<Answer, 'headers'>): Readonly<Record<string, string>> | undefined {
  const field = headers['authentication-info'];
  return typeof field === 'string' ? parseChallenges(`Info ${field}`)?.[0]?.params : undefined;
}
