import { describe, expect, it } from '@jest/globals';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { Scheme, SchemeContainer, SchemeDefinition } from './scheme.js';
import { SchemeRegistry } from './scheme.registry.js';

const container: SchemeContainer = {
  verifier: (verifier) => verifier as never,
  provider: (type) => new type(),
};

function definition(
  name: string,
  { problem, strategy }: { problem?: string; strategy?: string } = {},
): SchemeDefinition {
  const scheme: Scheme = {
    name,
    strategy: { ...(strategy !== undefined && { name: strategy }), authenticate: () => undefined },
    challenge: (realm) => ({ scheme: name, params: { realm } }),
  };
  return { name, problem: () => problem, bind: () => scheme };
}

function bound(...definitions: SchemeDefinition[]) {
  const used: string[] = [];
  const registry = new SchemeRegistry(definitions, container, { use: (name: string) => used.push(name) });
  return { registry, used };
}

function names(schemes: readonly Scheme[]): string[] {
  return schemes.map(({ name }) => name);
}

describe('SchemeRegistry', () => {
  it.each([
    ['no list', undefined, /^schemes must list at least one scheme, e\.g\. \[basic\(verifier\)\]$/],
    ['a scheme outside a list', definition('Basic'), /^schemes must list at least one scheme/],
    ['an empty list', [], /^schemes must list at least one scheme/],
    [
      'a name in place of a scheme',
      ['basic'],
      /^schemes must list what basic\(\), bearer\(\) or passportStrategy\(\) return$/,
    ],
    ['a factory that was not called', [() => definition('Basic')], /^schemes must list what/],
    ['a hole', [definition('Basic'), undefined], /^schemes must list what/],
    ['null', [null], /^schemes must list what/],
    ['half a scheme', [{ name: 'Basic', bind: () => undefined }], /^schemes must list what/],
    ['a scheme with a problem', [definition('Basic', { problem: 'basic(): mend it' })], /^basic\(\): mend it$/],
    [
      'two schemes of one name',
      [definition('Basic'), definition('Bearer'), definition('BASIC')],
      /^schemes has two schemes of the name BASIC: leave one out$/,
    ],
  ])('stops the boot for %s', (_, definitions, message) => {
    const boot = () => new SchemeRegistry(definitions as never, container, { use: () => undefined });
    expect(boot).toThrow(AuthConfigurationError);
    expect(boot).toThrow(message);
  });

  it('has the schemes in the order of the options', () => {
    const { registry } = bound(definition('Negotiate'), definition('Bearer'), definition('Basic'));
    expect(names(registry.all)).toEqual(['Negotiate', 'Bearer', 'Basic']);
    expect(names(registry.named(['basic', 'negotiate']))).toEqual(['Negotiate', 'Basic']);
  });

  it.each(['basic', 'Basic', 'BASIC'])('[H-1] finds a scheme by the name %s', (name) => {
    const { registry } = bound(definition('Bearer'), definition('Basic'));
    expect(names(registry.named([name]))).toEqual(['Basic']);
    expect(names(registry.named([name, name.toUpperCase()]))).toEqual(['Basic']);
  });

  it('registers the strategies under their own names, or that of the scheme', () => {
    const { registry, used } = bound(definition('Bearer', { strategy: 'jwt' }), definition('DPoP'));
    expect(registry.all).toHaveLength(2);
    expect(used).toEqual(['jwt', 'dpop']);
  });

  it('stops the boot for two strategies of one name', () => {
    const { registry } = bound(definition('Bearer', { strategy: 'jwt' }), definition('DPoP', { strategy: 'jwt' }));
    expect(() => registry.all).toThrow('schemes has two strategies of the name jwt: give one another name');
  });

  it('binds schemes of its own for each application', () => {
    const shared: SchemeDefinition = { ...definition('Basic'), bind: () => definition('Basic').bind(container) };
    const [one, other] = [bound(shared).registry, bound(shared).registry];
    expect(one.named(['basic'])[0]?.strategy).not.toBe(other.named(['basic'])[0]?.strategy);
  });

  it('makes the schemes when they are asked for, and once', () => {
    const { registry, used } = bound(definition('Basic'));
    expect(() => registry.named(['digest'])).toThrow(AuthConfigurationError);
    expect(used).toEqual([]);
    expect(registry.all).toBe(registry.all);
    expect(used).toEqual(['basic']);
  });

  it.each([
    ['an unknown name', ['digest'], /^schemes: AuthModule has no 'digest'; it has bearer, basic$/],
    ['an unknown name beside known ones', ['basic', 'Digest'], /^schemes: AuthModule has no 'Digest'/],
    ['an empty name', [''], /^schemes: AuthModule has no ''/],
    ['no name', [], /^schemes: none is named; name one or more of bearer, basic$/],
  ])('names the mistake and the mend for %s', (_, wanted, message) => {
    const { registry } = bound(definition('Bearer'), definition('Basic'));
    expect(() => registry.named(wanted)).toThrow(AuthConfigurationError);
    expect(() => registry.named(wanted)).toThrow(message);
  });
});
