import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from './environment.js';

describe('The environment', () => {
  it('has a default for every variable, set to nothing or not set', () => {
    const defaults = { port: 3000, host: '127.0.0.1', adapter: 'express' };
    expect(readEnvironment({})).toEqual(defaults);
    expect(readEnvironment({ PORT: '', HOST: '', ADAPTER: '', JWT_ISSUER: '', JWT_AUDIENCE: '' })).toEqual(defaults);
  });

  it('decides port, host and adapter', () => {
    expect(readEnvironment({ PORT: '0', HOST: '::1', ADAPTER: 'fastify' })).toEqual({
      port: 0,
      host: '::1',
      adapter: 'fastify',
    });
    expect(readEnvironment({ PORT: '65535' }).port).toBe(65_535);
  });

  it('decides whose JWTs are taken', () => {
    const jwt = { issuer: 'https://login.example', audience: 'https://api.example' };
    expect(readEnvironment({ JWT_ISSUER: jwt.issuer, JWT_AUDIENCE: jwt.audience }).jwt).toEqual(jwt);
  });

  it.each([{ JWT_ISSUER: 'https://login.example' }, { JWT_AUDIENCE: 'https://api.example' }])(
    'is not half of it: %j',
    (half) => {
      expect(() => readEnvironment(half)).toThrow('JWT_ISSUER and JWT_AUDIENCE must be set together, or neither');
    },
  );

  it.each(['65536', '-1', '80.5', '1e3', '0x50', ' 80', 'http'])('names PORT if it is %j', (PORT) => {
    expect(() => readEnvironment({ PORT })).toThrow(`PORT must be a number from 0 to 65535, not '${PORT}'`);
  });

  it.each(['koa', 'Express', 'constructor'])('names ADAPTER if it is %j', (ADAPTER) => {
    expect(() => readEnvironment({ ADAPTER })).toThrow(`ADAPTER must be express or fastify, not '${ADAPTER}'`);
  });
});
