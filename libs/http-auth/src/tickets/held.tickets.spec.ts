import { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '../http/request.js';
import { HeldTickets } from './held.tickets.js';

function requestFor(url: string): IncomingMessage & HttpRequest {
  const request = new IncomingMessage({} as never);
  Object.assign(request, { method: 'GET', url });
  return request as IncomingMessage & HttpRequest;
}

describe('Tickets of a request', () => {
  it.each([
    ['/a', '/a', []],
    ['/a?', '/a?', []],
    ['/a?b=1', '/a?b=1', []],
    ['/a?ticket=x', '/a', ['x']],
    ['/a?ticket=x&b=1', '/a?b=1', ['x']],
    ['/a?b=1&ticket=x', '/a?b=1', ['x']],
    ['/a?b=1&ticket=x&c=?2', '/a?b=1&c=?2', ['x']],
    ['/a?ticket=x&ticket=y=z', '/a', ['x', 'y=z']],
    ['/a?ticket', '/a', ['']],
    ['/a?%74icket=x', '/a', ['x']],
    ['/a?tickets=x&Ticket=y&%=z', '/a?tickets=x&Ticket=y&%=z', []],
    ['http://localhost/a?ticket=x', 'http://localhost/a', ['x']],
  ])('are taken out of %s', (url, rest, tickets) => {
    const held = new HeldTickets('ticket');
    const request = requestFor(url);
    expect(held.of(request)).toEqual(tickets);
    expect(request.url).toBe(rest);
    // Again, as the guard does after a protected path.
    expect(held.of(request)).toEqual(tickets);
  });

  it('are added up if other code adds one to the target', () => {
    const held = new HeldTickets('ticket');
    const request = requestFor('/a?ticket=x');
    held.hold(request);
    request.url = '/a?ticket=y';
    expect(held.of(request)).toEqual(['x', 'y']);
  });

  it('are found by an object that is derived from the request, or wraps it', () => {
    const held = new HeldTickets('ticket');
    const request = requestFor('/a?ticket=x');
    expect(held.of(Object.create(request, { headers: { value: {} } }) as HttpRequest)).toEqual(['x']);
    expect(request.url).toBe('/a');
    const query = { ticket: 'x', b: '1' };
    expect(held.of({ method: 'GET', url: '/a', headers: {}, raw: request, query } as HttpRequest)).toEqual(['x']);
    expect(query).toEqual({ b: '1' });
  });

  it('are not printed with the request, and not found by others', () => {
    const request = requestFor('/a?ticket=secret');
    new HeldTickets('ticket').hold(request);
    expect(inspect(request, { showHidden: true, depth: 9 })).not.toContain('secret');
    expect(new HeldTickets('ticket').of(request)).toEqual([]);
  });
});
