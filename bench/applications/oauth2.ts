import { auth } from 'express-oauth2-jwt-bearer';
import { type Algorithm, AUDIENCE, ISSUER, type Keys } from '../tokens.js';
import { start } from './nest.js';

/** express-oauth2-jwt-bearer as middleware of a Nest application, which it can only be on Express. */
export function byJwt(algorithm: Algorithm, keys: Keys, jwksUri: string) {
  const key = algorithm === 'HS256' ? { secret: keys.HS256 } : { jwksUri, cacheMaxAge: 86_400_000 };
  const check = auth({ ...key, issuer: ISSUER, audience: AUDIENCE, tokenSigningAlg: algorithm });
  return start('express', {}, (app) => app.use(check));
}
