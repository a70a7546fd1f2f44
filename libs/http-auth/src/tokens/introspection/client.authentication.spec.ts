import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clientAuthentication } from './client.authentication.js';

const texts = fc.string({ unit: 'grapheme', minLength: 1 });

/** Decodes a form-encoded string, as a server does. */
const formDecode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));

describe('The authentication of a client', () => {
  it('[I-2] can be decoded to the clientId and the secret, for any characters', async () => {
    await fc.assert(
      fc.asyncProperty(texts, texts, async (clientId, clientSecret) => {
        const { authorization = '' } = await clientAuthentication({ clientId, clientSecret })(new URLSearchParams());
        const [, base64 = ''] = /^Basic ([\w+/]+=*)$/.exec(authorization) ?? [];
        const [id, secret, ...more] = Buffer.from(base64, 'base64').toString().split(':');
        expect([formDecode(id), formDecode(secret), more]).toEqual([clientId, clientSecret, []]);
      }),
    );
  });

  // RFC 6749 section 2.3.1, the client of its example.
  it('[I-2] matches the example of RFC 6749', () => {
    const authenticate = clientAuthentication({ clientId: 's6BhdRkqt3', clientSecret: '7Fjfp0ZBr1KtDRbnfVdmIw' });
    expect(authenticate(new URLSearchParams())).toEqual({
      authorization: 'Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3',
    });
  });
});
