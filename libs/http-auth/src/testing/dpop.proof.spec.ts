import { describe, expect, it } from '@jest/globals';
import { dpopKey, dpopProof } from './dpop.proof.js';

const url = 'https://api.example/reports';

describe('dpopKey()', () => {
  it.each(['x', 'toString', 'HS256'])('throws if the algorithm is %s', (alg) => {
    expect(() => dpopKey(alg as never)).toThrow(
      'dpopKey(): the algorithm is not supported; choose of ES256, Ed25519, EdDSA, PS256, RS256',
    );
  });
});

describe('dpopProof()', () => {
  it.each(['key', 'url', 'token'])('throws if %s is missing', (name) => {
    const options = { key: dpopKey(), url, token: 'a', [name]: undefined };
    expect(() => dpopProof(options as never)).toThrow(
      'dpopProof(): key, url and token are required; pass the key of dpopKey()',
    );
  });

  it('makes a proof without a nonce if a response had none', () => {
    const [, claims = ''] = dpopProof({ key: dpopKey(), url, token: 'a', nonce: null }).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).not.toHaveProperty('nonce');
  });
});
