import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from './environment.js';

describe('readEnvironment', () => {
  it('returns defaults if the variables are empty or not set', () => {
    const defaults = { port: 3000, host: '127.0.0.1', adapter: 'express' };
    expect(readEnvironment({})).toEqual(defaults);
    expect(readEnvironment({ PORT: '', HOST: '', ADAPTER: '', JWT_ISSUER: '', JWT_AUDIENCE: '' })).toEqual(defaults);
  });

  it('reads PORT, HOST and ADAPTER', () => {
    expect(readEnvironment({ PORT: '0', HOST: '::1', ADAPTER: 'fastify' })).toEqual({
      port: 0,
      host: '::1',
      adapter: 'fastify',
    });
    expect(readEnvironment({ PORT: '65535' }).port).toBe(65_535);
  });

  it('reads JWT_ISSUER and JWT_AUDIENCE', () => {
    const jwt = { issuer: 'https://login.example', audience: 'https://api.example' };
    expect(readEnvironment({ JWT_ISSUER: jwt.issuer, JWT_AUDIENCE: jwt.audience }).jwt).toEqual(jwt);
  });

  it.each([{ JWT_ISSUER: 'https://login.example' }, { JWT_AUDIENCE: 'https://api.example' }])(
    'throws an error if only one variable for JWTs is set: %j',
    (half) => {
      expect(() => readEnvironment(half)).toThrow(
        'JWT_ISSUER, JWT_AUDIENCE: only one of them is set; set both or neither',
      );
    },
  );

  it.each(['65536', '-1', '80.5', '1e3', '0x50', ' 80', 'http'])('throws an error if PORT is %j', (PORT) => {
    expect(() => readEnvironment({ PORT })).toThrow(`PORT: '${PORT}' is not a port; set a number from 0 to 65535`);
  });

  it.each(['koa', 'Express', 'constructor'])('throws an error if ADAPTER is %j', (ADAPTER) => {
    expect(() => readEnvironment({ ADAPTER })).toThrow(
      `ADAPTER: '${ADAPTER}' is not an adapter; set express or fastify`,
    );
  });
});
