import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readClientCert, readEscapedChain, readEscapedPem } from './certificate.field.js';
import { readXfcc } from './xfcc.js';

/** The example of RFC 9440 appendix A. */
const EXAMPLE =
  'MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=';

const der = Buffer.from(EXAMPLE, 'base64');
const pem = new X509Certificate(der).toString();
const hash = createHash('sha256').update(der).digest('hex');
const certificate = { thumbprint: Buffer.from(hash, 'hex').toString('base64url') };
const otherPem = `-----BEGIN CERTIFICATE-----\n${randomBytes(300).toString('base64')}\n-----END CERTIFICATE-----\n`;

const readers = { readClientCert, readEscapedPem, readEscapedChain, readXfcc };

describe('The value of a field with a certificate', () => {
  it.each([`:${EXAMPLE}:`, `:${EXAMPLE.replace('=', '')}:`])(
    '[MTLS-8] is accepted as RFC 9440 writes it: %.20s…',
    (value) => {
      expect(readClientCert(value)).toEqual(certificate);
    },
  );

  it.each([
    ['without colons', EXAMPLE],
    ['without the second colon', `:${EXAMPLE}`],
    ['with two byte sequences', `:${EXAMPLE}:, :${EXAMPLE}:`],
    ['with params', `:${EXAMPLE}:;a=b`],
    ['with a space', `: ${EXAMPLE}:`],
    ['with base64url', `:${EXAMPLE.replaceAll('+', '-').replaceAll('/', '_')}:`],
    ['with other characters', `:${EXAMPLE.slice(0, -4)}%3D:`],
    ['with one character too many', `:${EXAMPLE.replace('=', '')}AA:`],
    ['with too much padding', `:${EXAMPLE}=:`],
    ['with padding in the middle', `:QQ==${EXAMPLE}:`],
    ['that is empty', '::'],
    ['in PEM', encodeURIComponent(pem)],
  ])('[MTLS-8][MTLS-11] is not accepted by RFC 9440 %s', (_form, value) => {
    expect(readClientCert(value)).toBeUndefined();
  });

  it.each([
    ['as nginx escapes it', encodeURIComponent(pem)],
    ['in lower-case escapes', encodeURIComponent(pem).replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase())],
    ['with spaces instead of line breaks', pem.trim().replaceAll('\n', ' ')],
    ['with CRLF', encodeURIComponent(pem.replaceAll('\n', '\r\n'))],
  ])('[MTLS-13] is accepted in PEM %s', (_form, value) => {
    expect(readEscapedPem(value)).toEqual(certificate);
    expect(readEscapedChain(value)).toEqual(certificate);
  });

  it.each([
    ['as the encoding of forms writes it', encodeURIComponent(pem).replaceAll('%20', '+')],
    ['with a wrong escape', `${encodeURIComponent(pem)}%`],
    ['with an escape that is not UTF-8', `${encodeURIComponent(pem)}%ff`],
    ['without its first line', encodeURIComponent(pem.slice(28))],
    ['without its last line', encodeURIComponent(pem.slice(0, -26))],
    ['of another kind', encodeURIComponent(pem.replaceAll('CERTIFICATE', 'PUBLIC KEY'))],
    ['without content', encodeURIComponent('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n')],
    ['with other characters', encodeURIComponent(pem.replace('MII', 'M*I'))],
    ['with text before it', encodeURIComponent(`Subject: a\n${pem}`)],
    ['of the SHA-1 fingerprint', 'd6c9b5a2a4e1f0c3b2a1908f7e6d5c4b3a291807'],
  ])('[MTLS-11][MTLS-13] is not accepted in PEM %s', (_form, value) => {
    expect(readEscapedPem(value)).toBeUndefined();
    expect(readEscapedChain(value)).toBeUndefined();
  });

  it('[MTLS-14] is accepted as ALB encodes it, with a literal "+"', () => {
    expect(EXAMPLE).toContain('+');
    // ALB leaves "+", "=" and "/" as they are.
    const encoded = encodeURIComponent(pem).replaceAll('%2B', '+').replaceAll('%3D', '=').replaceAll('%2F', '/');
    expect(readEscapedChain(encoded)).toEqual(certificate);
  });

  it('[MTLS-14] has the certificate of the client first if it is a chain', () => {
    const chain = (...certificates: string[]) => encodeURIComponent(certificates.join(''));
    expect(readEscapedChain(chain(pem, otherPem))).toEqual(certificate);
    expect(readEscapedChain(chain(otherPem, pem))).not.toEqual(certificate);
    // nginx sends one certificate.
    expect(readEscapedPem(chain(pem, otherPem))).toBeUndefined();
  });

  it.each([
    ['the hash', `Hash=${hash}`],
    ['the hash in upper case', `Hash=${hash.toUpperCase()}`],
    ['the hash among others', `By=spiffe://a/b;Hash=${hash};Subject="/C=US/CN=a, \\"b\\"; c";URI=spiffe://c/d;DNS=e`],
    ['the name in another case', `hash=${hash}`],
    ['quotes', `Hash="${hash}"`],
    ['the certificate', `Cert="${encodeURIComponent(pem)}"`],
    ['the certificate without quotes', `Cert=${encodeURIComponent(pem)}`],
    ['a comma in quotes', `Subject="a,Hash=${'0'.repeat(64)}";Hash=${hash}`],
    ['a certificate and a chain', `Hash=${hash};Cert="${encodeURIComponent(pem)}";Chain="${encodeURIComponent(pem)}"`],
  ])('[MTLS-12] is accepted from Envoy with %s', (_what, value) => {
    expect(readXfcc(value)).toEqual(certificate);
  });

  it.each([
    ['several elements', `By=a;Hash=${'0'.repeat(64)},By=b;Hash=${hash}`],
    ['several elements with spaces', `Hash=${'0'.repeat(64)} , Hash=${hash}`],
    ['the hash in the first element only', `Hash=${hash},By=b`],
    // Envoy does not quote these values, which come from the certificate of the client.
    ['an element in a URI', `By=b;Hash=${'0'.repeat(64)};URI=spiffe://a,Hash=${hash}`],
    ['an element in a DNS name', `By=b;Hash=${'0'.repeat(64)};DNS=a,Hash=${hash};DNS=b`],
    ['a hash in a URI', `By=b;Hash=${'0'.repeat(64)};URI=spiffe://a;Hash=${hash}`],
    ['the hash in a quoted value only', `By=b;Subject="x,Hash=${hash}"`],
    ['two hashes', `Hash=${hash};Hash=${hash}`],
    ['two certificates', `Cert="${encodeURIComponent(pem)}";Cert="${encodeURIComponent(pem)}"`],
    ['a hash and two certificates', `Hash=${hash};Cert=a;Cert=b`],
    ['a hash that is too short', `Hash=${hash.slice(1)}`],
    ['a hash in base64url', `Hash=${certificate.thumbprint}`],
    ['an empty hash', 'Hash='],
    ['an invalid hash in addition to a certificate', `Hash=a;Cert="${encodeURIComponent(pem)}"`],
    ['an open quote', `By=b;Subject="a;Hash=${hash}`],
    ['text after a quote', `Subject="a"b;Hash=${hash}`],
    ['a pair without a name', `=a;Hash=${hash}`],
    ['a name without a value', `By;Hash=${hash}`],
    ['a comma at the end', `Hash=${hash},`],
    ['a semicolon at the end', `Hash=${hash};`],
    ['an element that is malformed before the last', `?,Hash=${hash}`],
    ['only a chain', `Chain="${encodeURIComponent(pem)}"`],
    ['nothing', ''],
    ['names of properties', 'constructor=a;toString=b'],
  ])('[MTLS-11][MTLS-12] is not accepted from Envoy with %s', (_what, value) => {
    expect(readXfcc(value)).toBeUndefined();
  });

  it('[MTLS-11] never causes an error, regardless of its form', () => {
    const piece = fc.constantFrom(
      ':',
      '=',
      '"',
      '\\',
      ',',
      ';',
      '%',
      '%ff',
      'Hash=',
      'Cert=',
      hash,
      EXAMPLE,
      pem,
      '\n',
    );
    const value = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(piece, fc.string())).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(value, (text) => {
        for (const read of Object.values(readers)) {
          const found = read(text);
          expect(found?.thumbprint ?? certificate.thumbprint).toMatch(/^[\w-]{43}$/);
        }
      }),
    );
  });
});
