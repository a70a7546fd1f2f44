import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import 'nestjs-http-auth/testing/jest';

const bearer = 'Bearer realm="Staging"';
const basic = 'Basic realm="Say \\"hi\\"", charset="UTF-8"';

/** A response as `fetch()` gives it. */
function answer(status: number, ...challenges: string[]): Response {
  return new Response(null, { status, headers: challenges.map((value) => ['WWW-Authenticate', value]) });
}

/** Returns the message of the matcher for a failure. */
function failure(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It did not fail');
}

describe('toChallenge()', () => {
  const response = answer(401, bearer, basic);

  it('passes if a challenge has the scheme in any case and the given params in any order', () => {
    expect(response).toChallenge();
    expect(response).toChallenge('basic');
    expect(response).toChallenge('BEARER', { realm: 'Staging' });
    expect(response).toChallenge('Basic', { charset: 'UTF-8' });
    expect(response).toChallenge('Basic', { charset: 'UTF-8', Realm: 'Say "hi"' });
    expect(answer(401, `${bearer}, ${basic}`)).toChallenge('Basic', { realm: 'Say "hi"' });
    expect(answer(401, 'Negotiate YWJj')).toChallenge('Negotiate');
  });

  it('fails for another scheme, or if no single challenge has all params', () => {
    expect(response).not.toChallenge('Digest');
    expect(response).not.toChallenge('Bas');
    expect(response).not.toChallenge('Basic', { realm: 'Staging' });
    expect(response).not.toChallenge('Basic', { realm: 'say "hi"' });
    expect(response).not.toChallenge('Bearer', { charset: 'UTF-8' });
    expect(answer(401)).not.toChallenge();
  });

  it('accepts asymmetric matchers, and undefined for a param that must be absent', () => {
    expect(response).toChallenge('Bearer', { realm: expect.stringMatching(/^Sta/), error: undefined });
    expect(response).not.toChallenge('Bearer', { realm: expect.stringContaining('hi') });
    expect(answer(401, 'Bearer realm="a", error="invalid_token"')).not.toChallenge('Bearer', { error: undefined });
  });

  it('works with .not and .resolves', async () => {
    await expect(Promise.resolve(response)).resolves.toChallenge('Basic');
    await expect(Promise.resolve(response)).resolves.not.toChallenge('Digest');
  });

  it.each([200, 400, 401, 403])('reads WWW-Authenticate of a %i', (status) => {
    expect(answer(status, basic)).toChallenge('Basic');
  });

  it('reads Proxy-Authenticate only if the status is 407', () => {
    const headers = { 'www-authenticate': bearer, 'proxy-authenticate': 'Basic realm="Proxy"' };
    expect({ status: 407, headers }).toChallenge('Basic', { realm: 'Proxy' });
    expect({ status: 407, headers }).not.toChallenge('Bearer');
    expect({ status: 401, headers }).not.toChallenge('Basic');
  });

  it('reads field lines, and the response of node:http', async () => {
    expect({ statusCode: 401, headers: { 'www-authenticate': [bearer, basic] } }).toChallenge('Basic');
    const server = createServer((_request, outgoing) => {
      outgoing.writeHead(401, { 'WWW-Authenticate': [bearer, basic] }).end();
    }).listen(0, '127.0.0.1');
    try {
      const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
        server.once('listening', () => {
          get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false }, resolve).once(
            'error',
            reject,
          );
        });
      });
      incoming.resume();
      expect(incoming).toChallenge('Basic', { realm: 'Say "hi"' });
      expect(incoming).not.toChallenge('Digest');
    } finally {
      server.close();
    }
  });

  it('shows the challenges if it fails', () => {
    expect(failure(() => expect(response).toChallenge('Basic', { realm: 'x', charset: undefined }))).toBe(
      [
        'expect(response).toChallenge(scheme, params)',
        '',
        'Expected: a challenge Basic realm="x", charset=undefined',
        'Received: 401 with the challenges',
        '    Bearer realm="Staging"',
        '    Basic realm="Say \\"hi\\"", charset="UTF-8"',
      ].join('\n'),
    );
    expect(failure(() => expect(answer(401, 'Negotiate YWJj')).not.toChallenge())).toBe(
      [
        'expect(response).not.toChallenge(scheme, params)',
        '',
        'Expected: no challenge of any scheme',
        'Received: 401 with the challenges',
        '    Negotiate YWJj',
      ].join('\n'),
    );
    expect(failure(() => expect(response).toChallenge('Basic', { realm: expect.stringContaining('x') }))).toContain(
      'Expected: a challenge Basic realm=StringContaining "x"\n',
    );
    expect(failure(() => expect(answer(200)).toChallenge())).toContain('Received: 200 with no challenge');
  });

  it('explains why the status may be 403 instead of 401', () => {
    expect(failure(() => expect(answer(403)).toChallenge('Basic'))).toMatch(
      /Received: 403 with no challenge\n\nNest responds with 403 if a guard returns false; throw an UnauthorizedException/,
    );
  });

  it('fails, with .not too, if a field is not well-formed', () => {
    const broken = answer(401, 'Basic realm="Staging');
    const message =
      'toChallenge(): WWW-Authenticate of the 401 is not well-formed (RFC 9110 section 11.6.1): Basic realm="Staging';
    expect(failure(() => expect(broken).toChallenge())).toBe(message);
    expect(failure(() => expect(broken).not.toChallenge('Digest'))).toBe(message);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'Basic'],
    ['an object', {}],
    ['no headers', { status: 401, headers: null }],
    ['no status', { headers: {} }],
    ['a promise', Promise.resolve(response)],
  ])('fails, with .not too, if it gets %s instead of a response', (_what, value) => {
    const message = 'toChallenge(): the value is not a response; await the request first';
    expect(failure(() => expect(value).toChallenge())).toContain(message);
    expect(failure(() => expect(value).not.toChallenge())).toContain(message);
  });
});
