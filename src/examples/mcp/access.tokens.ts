import { createRemoteJWKSet, jwtVerify } from 'jose';
import { admit, type BearerCredentials, type Verifier } from 'nestjs-http-auth';

/** Interim: judges JWTs. */
export function accessTokens({ issuer, audience }: { issuer: string; audience: string }): Verifier<BearerCredentials> {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return async ({ token }) => {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience });
      return admit(payload, { scopes: String(payload['scope'] ?? '').split(' ') });
    } catch {
      return null;
    }
  };
}
