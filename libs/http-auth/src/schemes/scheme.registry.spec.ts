import { describe, expect, it } from '@jest/globals';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { Failure } from './failure.js';
import type { Scheme, SchemeContainer, SchemeDefinition } from './scheme.js';
import { SchemeRegistry } from './scheme.registry.js';

const container: SchemeContainer = {
  verifier: (verifier) => verifier as never,
  provider: (type) => new type(),
  isProxy: false,
  resourceUrls: [],
};

function definition(name: string, problem?: string): SchemeDefinition {
  const bind = (): Scheme => ({
    name,
    authenticate: async () => new Failure('invalid', name),
    challenge: (realm) => ({ scheme: name, params: { realm } }),
  });
  return { name, problem: () => problem, bind };
}

function registryOf(...definitions: SchemeDefinition[]): SchemeRegistry {
  return new SchemeRegistry(definitions, container);
}

function names(schemes: readonly Scheme[]): string[] {
  return schemes.map(({ name }) => name);
}

describe('SchemeRegistry', () => {
  it.each([
    ['no list', undefined, 'ERR_AUTH_SCHEMES', 'schemes: list at least one scheme, e.g. [basic(verifier)]'],
    ['a scheme outside a list', definition('Basic'), 'ERR_AUTH_SCHEMES', 'schemes: list at least one scheme'],
    ['an empty list', [], 'ERR_AUTH_SCHEMES', 'schemes: list at least one scheme'],
    ['a name', ['basic'], 'ERR_AUTH_SCHEMES', 'schemes: an entry is not a scheme; list the results of basic()'],
    ['a factory that was not called', [() => definition('Basic')], 'ERR_AUTH_SCHEMES', 'an entry is not a scheme'],
    ['an undefined entry', [definition('Basic'), undefined], 'ERR_AUTH_SCHEMES', 'an entry is not a scheme'],
    ['null', [null], 'ERR_AUTH_SCHEMES', 'an entry is not a scheme'],
    [
      'an incomplete scheme',
      [{ name: 'Basic', bind: () => undefined }],
      'ERR_AUTH_SCHEMES',
      'an entry is not a scheme',
    ],
    ['a scheme with a problem', [definition('Basic', 'basic(): fix it')], 'ERR_AUTH_SCHEME_OPTION', 'basic(): fix it'],
    [
      'two schemes with the same name',
      [definition('Basic'), definition('Bearer'), definition('BASIC')],
      'ERR_AUTH_SCHEME_DUPLICATE',
      'schemes: two schemes are named "BASIC"; give one of them another name by its option name',
    ],
  ])('throws at startup for %s', (_, definitions, code, message) => {
    const start = () => new SchemeRegistry(definitions as never, container);
    expect(start).toThrow(AuthConfigurationError);
    expect(start).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('returns the schemes in the order of the options', () => {
    const registry = registryOf(definition('Negotiate'), definition('Bearer'), definition('Basic'));
    expect(names(registry.all)).toEqual(['Negotiate', 'Bearer', 'Basic']);
    expect(names(registry.named(['basic', 'negotiate']))).toEqual(['Negotiate', 'Basic']);
  });

  it.each(['basic', 'Basic', 'BASIC'])('[H-1] finds a scheme by the name %s', (name) => {
    const registry = registryOf(definition('Bearer'), definition('Basic'));
    expect(names(registry.named([name]))).toEqual(['Basic']);
    expect(names(registry.named([name, name.toUpperCase()]))).toEqual(['Basic']);
  });

  it('binds new schemes for each application', () => {
    const shared = definition('Basic');
    expect(registryOf(shared).named(['basic'])[0]).not.toBe(registryOf(shared).named(['basic'])[0]);
  });

  it('binds the schemes at the first access, and only once', () => {
    let bound = 0;
    const counting = { ...definition('Basic'), bind: () => (bound++, definition('Basic').bind(container)) };
    const registry = registryOf(counting);
    expect(() => registry.named(['digest'])).toThrow(AuthConfigurationError);
    expect(bound).toBe(0);
    expect(registry.all).toBe(registry.all);
    expect(bound).toBe(1);
  });

  it.each([
    ['an unknown name', ['digest'], 'schemes: AuthModule has no scheme "digest"; it has bearer, basic'],
    ['an unknown name with known ones', ['basic', 'Digest'], 'schemes: AuthModule has no scheme "Digest"'],
    ['an empty name', [''], 'schemes: AuthModule has no scheme ""'],
    ['no name', [], 'schemes: the list is empty; name at least one of bearer, basic'],
  ])('throws for %s, and names the fix', (_, wanted, message) => {
    const registry = registryOf(definition('Bearer'), definition('Basic'));
    expect(() => registry.named(wanted)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_SCHEME_UNKNOWN', message: expect.stringContaining(message) }),
    );
  });
});
