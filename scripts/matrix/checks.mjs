import { deepEqual, match } from 'node:assert/strict';
import { createHmac } from 'node:crypto';

export const CHALLENGES = ['Bearer realm="Matrix"', 'Basic realm="Matrix", charset="UTF-8"'];

/** The credentials of the application's user. */
export const alice = `Basic ${Buffer.from('alice:wonder:land').toString('base64')}`;

/** Returns a token of the application's issuer. */
export function tokenOf(scope) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const content = `${encode({ alg: 'HS256' })}.${encode({ iss: 'matrix', aud: 'api', sub: 'robot', scope, exp })}`;
  const signature = createHmac('sha256', 'a secret of the matrix, with 32 bytes or more').update(content);
  return `Bearer ${content}.${signature.digest('base64url')}`;
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Checks the responses of the application. `get(path, headers)` resolves to the status, the challenges and the body. */
export async function checkResponses(get) {
  const seen = async (path, authorization) => {
    const { status, challenges } = await get(path, authorization && { authorization });
    return [path, status, ...challenges];
  };
  deepEqual(await seen('/me'), ['/me', 401, ...CHALLENGES]);
  deepEqual(await seen('/me', alice), ['/me', 200]);
  deepEqual(await seen('/me', tokenOf('read')), ['/me', 200]);
  deepEqual(await seen('/me', alice.slice(0, -4)), ['/me', 401, ...CHALLENGES]);
  deepEqual(await seen('/write', tokenOf('read write')), ['/write', 200]);
  const [, status, challenge] = await seen('/write', tokenOf('read'));
  deepEqual(status, 403);
  match(challenge, /^Bearer realm="Matrix", error="insufficient_scope".*, scope="write"/);
  deepEqual(await seen('/open'), ['/open', 200]);
  deepEqual(await seen('/broken'), ['/broken', 500]);
  deepEqual(await seen('/nowhere'), ['/nowhere', 404]);
}
