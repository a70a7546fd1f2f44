import { describe, expect, it } from '@jest/globals';
import { BasicScheme } from '../basic/basic.scheme.js';
import { BearerScheme } from '../bearer/bearer.scheme.js';
import { Failure } from '../failure.js';
import type { Scheme } from '../scheme.js';
import { BasicStrategy } from './basic.strategy.js';
import { BearerStrategy } from './bearer.strategy.js';
import { StrategyScheme } from './passport.strategy.js';
import { registerStrategies } from './registration.js';
import type { StrategyActions } from './strategy.js';

function registered(...schemes: Scheme[]): Record<string, unknown> {
  const strategies: Record<string, unknown> = {};
  registerStrategies(schemes, { use: (name: string, strategy: unknown) => (strategies[name] = strategy) });
  return strategies;
}

const strategy = (name?: string) => ({ ...(name !== undefined && { name }), authenticate: () => undefined });

describe('registerStrategies', () => {
  it('registers BasicStrategy and BearerStrategy for the schemes of basic() and bearer()', () => {
    const { basic, bearer } = registered(new BasicScheme(() => null), new BearerScheme(() => null));
    expect(basic).toBeInstanceOf(BasicStrategy);
    expect(bearer).toBeInstanceOf(BearerStrategy);
  });

  it('registers a Passport strategy under its own name, or the name of the scheme', () => {
    const [jwt, dpop] = [strategy('jwt'), strategy()];
    const strategies = registered(
      new StrategyScheme(jwt, { scheme: 'Bearer' }),
      new StrategyScheme(dpop, { scheme: 'DPoP' }),
    );
    expect(strategies['jwt']).toBe(jwt);
    expect(strategies['dpop']).toBe(dpop);
  });

  it('registers no strategy for a custom scheme', () => {
    const own: Scheme = {
      name: 'Own',
      authenticate: async () => new Failure('invalid'),
      challenge: (realm) => ({ scheme: 'Own', params: { realm } }),
    };
    expect(registered(own)).toEqual({});
  });

  it('throws if two strategies have the same name', () => {
    const schemes = ['Bearer', 'DPoP'].map((scheme) => new StrategyScheme(strategy('jwt'), { scheme }));
    expect(() => registered(...schemes)).toThrow('schemes: two strategies are named "jwt"; rename one of them');
  });

  it('registers a strategy that counts its failures in the limits of the scheme', async () => {
    const scheme = new BasicScheme(() => null, { limits: { perUserAndAddress: 1 } });
    const { basic } = registered(scheme) as { basic: BasicStrategy };
    const request = { method: 'GET', url: '/', headers: { authorization: `Basic ${btoa('alice:no')}` } };
    const failed = await new Promise((resolve) => {
      Object.assign(Object.create(basic) as BasicStrategy & StrategyActions, { fail: resolve }).authenticate(request);
    });
    expect(failed).toMatchObject({ reason: 'invalid' });
    const context = { scheme: 'Basic', route: '', realm: undefined, required: true, scopes: [] };
    expect(await scheme.authenticate(request, context)).toMatchObject({ reason: 'limited' });
  });
});
