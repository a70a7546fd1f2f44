import { describe, expect, it } from '@jest/globals';
import { decodeRecord, encodeRecord } from './ticket.json.js';

const record = { principal: { name: 'alice', roles: ['a'] }, info: {}, path: '/events', origin: undefined };

describe('A ticket as JSON', () => {
  it.each([
    record,
    { ...record, origin: 'https://app.example' },
    { ...record, principal: 'alice' },
    { ...record, principal: 7 },
    { ...record, info: { scopes: ['read'], acr: 'mfa', authTime: 5, expiresAt: new Date(5000) } },
    { ...record, info: Object.freeze({ scopes: Object.freeze(['read']) }) },
  ])('is the same afterwards: %j', (one) => {
    expect(decodeRecord(encodeRecord(one))).toEqual(one);
  });

  it('does not need facts that are undefined', () => {
    const info = { scopes: undefined } as never;
    expect(decodeRecord(encodeRecord({ ...record, info }))).toEqual({ ...record, info: {} });
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  class User {
    name = 'alice';
  }
  it.each([
    new User(),
    { since: new Date() },
    { id: 5n },
    { id: undefined },
    { ids: new Set([1]) },
    { id: NaN },
    circular,
    Object.assign([1], { name: 'alice' }),
  ])('is refused if the principal would change: %p', (principal) => {
    expect(() => encodeRecord({ ...record, principal })).toThrow(
      /^Tickets.issue\(\): the principal is not a JSON value/,
    );
  });

  it('is refused if the info would change', () => {
    const info = { since: new Date() } as never;
    expect(() => encodeRecord({ ...record, info })).toThrow('the info of admit() is not a JSON value');
  });
});
