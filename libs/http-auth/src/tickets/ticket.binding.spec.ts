import { describe, expect, it } from '@jest/globals';
import { noteResource } from '../response/resource.url.js';
import { bindingProblem } from './ticket.binding.js';

describe('bindingProblem()', () => {
  const record = { principal: 'alice', info: {}, path: '/mcp//b/events', origin: undefined };
  const request = () => ({ method: 'GET', url: record.path, headers: {} });

  it('accepts the request that a ticket without a resource was issued for', () => {
    expect(bindingProblem(record, request())).toBeUndefined();
  });

  it('refuses a target that can be read in several ways, also for a ticket without a resource', () => {
    const ambiguous = request();
    noteResource(ambiguous, 'ambiguous');
    expect(() => bindingProblem(record, ambiguous)).toThrow('it has several readings');
  });
});
