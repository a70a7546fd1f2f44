import { createHash } from 'node:crypto';
import { type Challenge, formatCredentials, parseChallenges } from 'nestjs-http-auth';
import { request } from 'undici';
import type { Ask, Credentials, Reply } from '../support/describe-client.js';

/** GETs a URL with undici, and answers the strongest challenge that `parseChallenges()` finds. */
export async function get({ url, credentials }: Ask, token?: string): Promise<Reply> {
  let response = await request(url);
  if (response.statusCode === 401) {
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? []) ?? [];
    const authorization = answerTo(challenges, { url, credentials, token });
    await response.body.dump();
    if (authorization !== undefined) response = await request(url, { headers: { authorization } });
  }
  return { status: response.statusCode, body: await response.body.text() };
}

type Having = Pick<Ask, 'url' | 'credentials'> & { token: string | undefined };

function answerTo(challenges: Challenge[], { url, credentials, token }: Having): string | undefined {
  const find = (name: string) => challenges.find(({ scheme }) => scheme.toLowerCase() === name);
  if (token !== undefined && find('bearer')) return formatCredentials({ scheme: 'Bearer', token68: token });
  for (const [name, answer] of [
    ['digest', digest],
    ['basic', basic],
  ] as const) {
    const challenge = find(name);
    const known = credentials.find(({ realm }) => realm === challenge?.params?.realm);
    if (challenge !== undefined && known !== undefined) return answer(known, challenge, url);
  }
  return undefined;
}

function basic({ username, password }: Credentials): string {
  const token68 = Buffer.from(`${username}:${password}`).toString('base64');
  return formatCredentials({ scheme: 'Basic', token68 });
}

/** Digest with MD5 or SHA-256, and `qop=auth` (RFC 7616). */
function digest({ username, password }: Credentials, { params = {} }: Challenge, url: string): string {
  const { pathname: uri } = new URL(url);
  const { realm = '', nonce = '', algorithm = 'MD5' } = params;
  const name = algorithm.replace('-', '').toLowerCase();
  const hash = (...parts: string[]) => createHash(name).update(parts.join(':')).digest('hex');
  const [nc, cnonce, qop] = ['00000001', 'c2f0a1', 'auth'];
  const response = hash(hash(username, realm, password), nonce, nc, cnonce, qop, hash('GET', uri));
  return formatCredentials({
    scheme: 'Digest',
    params: { username, realm, nonce, uri, algorithm, qop, nc, cnonce, response },
  });
}
