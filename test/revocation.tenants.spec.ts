import { describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { jwt } from 'nestjs-http-auth/jwt';
import type { HttpRequest } from 'nestjs-http-auth';

const issuerOf = (tenant: string) => `https://login.example/${tenant}/v2.0`;
const [a, b] = ['8eaef023-2b34-4da1-9baa-8bc8c9d6a490', '31c9d1f0-6a2e-4b8e-9d57-0f5a1c2b3d4e'];

describe('invalidate() for an issuer with many tenants', () => {
  it('concerns the tenant that it names', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const verify = jwt({
      issuer: issuerOf('{tenantid}'),
      audience: 'api',
      jwks: { keys: [await exportJWK(publicKey)] },
      revocation: { maxTokenAge: '1h' },
    });
    const verifyTokenOf = async (tid: string) => {
      const token = await new SignJWT({ tid, sub: 'alice', iss: issuerOf(tid), aud: 'api' })
        .setProtectedHeader({ alg: 'RS256' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
      return (await verify({ token }, {} as HttpRequest)).principal.sub;
    };
    await expect(verifyTokenOf(a)).resolves.toBe('alice');
    await expect(verify.invalidate({ sub: 'alice' })).rejects.toThrow(TypeError);
    await verify.invalidate({ iss: issuerOf(a), sub: 'alice' });
    await expect(verifyTokenOf(a)).rejects.toThrow('The token was revoked');
    await expect(verifyTokenOf(b)).resolves.toBe('alice');
  });
});
