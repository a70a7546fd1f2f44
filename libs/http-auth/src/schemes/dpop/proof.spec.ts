import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSignedBy } from '../../jose/signature.js';
import { thumbprintOf } from '../../jose/thumbprint.js';
import { dpopKey, dpopProof } from '../../testing/dpop.proof.js';
import type { HttpRequest } from '../../http/request.js';
import { Admission } from '../admission.js';
import { Failure } from '../failure.js';
import type { Scheme, SchemeContainer } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { dpop } from './dpop.scheme.js';
import { type Expected, type Proof, readProof } from './proof.js';
import { ProofKeys, publicJwkOf } from './public.jwk.js';

/** More runs of each property, for a longer search. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);

/** The header of both proofs that RFC 9449 prints. */
const HEADER =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';

/** RFC 9449 section 7.1, figure 12. */
const RESOURCE_PROOF = `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;

/** RFC 9449 section 4.1, figure 1: for the token endpoint, so without `ath`. */
const TOKEN_PROOF = `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;

const expected: Expected = {
  algorithms: ['ES256'],
  method: 'GET',
  uris: ['https://resource.example.org/protectedresource'],
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
};

describe('An RSA key', () => {
  it.each([
    [2047, 256, 0x7f, false],
    [2048, 256, 0x80, true],
    [4096, 512, 0xff, true],
    [4097, 513, 0x01, false],
  ])(
    'with %i bits is accepted if it has 2048 to 4096 bits (RFC 7518 section 3.5)',
    (_bits, length, first, accepted) => {
      const modulus = Buffer.alloc(length, 0xff);
      modulus[0] = first;
      const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' };
      expect(publicJwkOf(jwk, 'PS256') !== undefined).toBe(accepted);
    },
  );
});

describe('The vectors of the RFCs', () => {
  it('[RFC 9449 7.1] accepts the printed proof for a resource, with its key and its token', () => {
    const proof = readProof(RESOURCE_PROOF, expected) as Proof;
    expect(proof).toMatchObject({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I', iat: 1562262618 });
    const key = new ProofKeys().find(proof.jwk);
    expect(key && isSignedBy(key, proof.alg, proof.jws.input, proof.jws.signature)).toBe(true);
  });

  it('[RFC 9449 4.1] refuses the printed proof for a token endpoint, because it has no ath', () => {
    const failure = readProof(TOKEN_PROOF, { ...expected, method: 'POST', uris: ['https://server.example.com/token'] });
    expect((failure as Failure).details.params).toMatchObject({
      error_description: 'The claim ath of the DPoP proof is missing or invalid',
    });
  });

  it('[RFC 7638 3.1] [RFC 8037 A.3] has the printed thumbprints', () => {
    const rsa = {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    };
    const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    expect([rsa, okp].map(thumbprintOf)).toEqual([
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ]);
    expect([publicJwkOf(rsa, 'PS256'), publicJwkOf(okp, 'EdDSA')].map((jwk) => jwk && thumbprintOf(jwk))).toEqual([
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ]);
  });
});

const key = dpopKey();
const url = 'https://api.example/reports';
const token = 'token';
const container: SchemeContainer = {
  verifier: (verifier) => verifier as never,
  provider: (type) => new type(),
  isProxy: false,
  resourceUrls: [],
};
const context: VerifierContext = { scheme: 'DPoP', route: 'test', realm: 'a', required: true, scopes: [] };

function newScheme(confirmation: unknown = { jkt: key.jkt }): Scheme {
  const verify = (_credentials: object, _request: object, { requireConfirmation }: VerifierContext) => {
    requireConfirmation?.(confirmation as never);
    return 'alice';
  };
  return dpop(verify, { origin: 'https://api.example' }).bind(container);
}

/** Returns `true` if the scheme accepts a request. It throws if the scheme throws, which would be a 5xx. */
async function accepts(proof: string, scheme = newScheme(), change: { method?: string; url?: string } = {}) {
  const rawHeaders = ['Authorization', `DPoP ${token}`, 'DPoP', proof];
  const headers = { authorization: `DPoP ${token}`, dpop: proof };
  return (
    (await scheme.authenticate({ method: 'GET', url: '/reports', ...change, headers, rawHeaders }, context)) instanceof
    Admission
  );
}

const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, '', 'DPoP', 'GET', url, 0, [], {}));

describe('Any proof', () => {
  it('is accepted if it is valid', async () => {
    expect(await accepts(dpopProof({ key, url, token }))).toBe(true);
  });

  it('is refused if one character differs', async () => {
    const proof = dpopProof({ key, url, token });
    await fc.assert(
      fc.asyncProperty(fc.nat(proof.length - 1), fc.stringMatching(/^[\x20-\x7e]$/), async (at, character) => {
        fc.pre(proof[at] !== character);
        expect(await accepts(proof.slice(0, at) + character + proof.slice(at + 1))).toBe(false);
      }),
      { numRuns },
    );
  });

  it('is refused if it is any other string', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(await accepts(text)).toBe(false);
      }),
      { numRuns },
    );
  });

  it.each(['typ', 'alg', 'jwk'])(
    'is refused if %s of its header is anything else, although the signature is right',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(anything, async (value) => {
          expect(await accepts(dpopProof({ key, url, token, header: { [name]: value } }))).toBe(false);
        }),
        { numRuns },
      );
    },
  );

  it.each(['kty', 'crv', 'x', 'y', 'd', 'k'])('is refused if %s of its key is anything else', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await accepts(dpopProof({ key, url, token, header: { jwk: { ...key.jwk, [name]: value } } }))).toBe(
          false,
        );
      }),
      { numRuns },
    );
  });

  it.each(['htm', 'htu', 'ath'])('is refused if %s is anything else', async (name) => {
    const right = { htm: 'GET', htu: url, ath: undefined }[name];
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        fc.pre(value !== right);
        expect(await accepts(dpopProof({ key, url, token, claims: { [name]: value } }))).toBe(false);
      }),
      { numRuns },
    );
  });

  it('is refused if iat is not a recent number, and accepted otherwise', async () => {
    const numbers = fc.oneof(
      fc.double(),
      fc.integer({ min: -200, max: 200 }).map((seconds) => Date.now() / 1000 + seconds),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), numbers), async (iat) => {
        const age = typeof iat === 'number' ? Date.now() / 1000 - iat : NaN;
        // The bounds themselves are left out, because time passes.
        fc.pre(!(Math.abs(age - 70) < 1 || Math.abs(age + 10) < 1));
        expect(await accepts(dpopProof({ key, url, token, claims: { iat } }))).toBe(age < 70 && age > -10);
      }),
      { numRuns },
    );
  });

  it('is refused if the confirmation is anything else than its key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.record({ jkt: fc.jsonValue() })), async (confirmation) => {
        fc.pre(confirmation !== null);
        expect(await accepts(dpopProof({ key, url, token }), newScheme(confirmation))).toBe(false);
      }),
      { numRuns },
    );
  });

  it('is refused for any other target', async () => {
    const text = fc.oneof(fc.string(), fc.webPath(), fc.webUrl());
    await fc.assert(
      fc.asyncProperty(text, async (target) => {
        fc.pre(!/^(?:https?:\/\/[^/?#]*)?\/reports(?:[?#]|$)/i.test(target));
        expect(await accepts(dpopProof({ key, url, token }), newScheme(), { url: target })).toBe(false);
      }),
      { numRuns },
    );
  });

  it('is accepted again for the same request, which the guard may authenticate for two policies', async () => {
    const scheme = newScheme();
    const proof = dpopProof({ key, url, token });
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    const requestOf = () => ({ method: 'GET', url: '/reports', headers, rawHeaders: ['DPoP', proof] });
    const request = requestOf();
    const isAccepted = async (one: HttpRequest) => (await scheme.authenticate(one, context)) instanceof Admission;
    expect([await isAccepted(request), await isAccepted(request), await isAccepted(requestOf())]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is accepted once, in any order of several proofs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }), async (order) => {
        const scheme = newScheme();
        const proofs = Array.from({ length: 4 }, () => dpopProof({ key, url, token }));
        const seen = new Set<number>();
        for (const index of order) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          expect(await accepts(proofs[index] as string, scheme)).toBe(!seen.has(index));
          seen.add(index);
        }
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    );
  });
});
