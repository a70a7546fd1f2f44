/**
 * Single-use tickets for event streams and WebSockets, because browsers send no `Authorization` field there.
 *
 * ```ts
 * import { ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
 * ```
 *
 * @module nestjs-http-auth/tickets
 */

export type { TicketOptions, TicketPrincipal } from './ticket.options.js';
export { type IssuedTicket, ticket } from './ticket.scheme.js';
export { Tickets, type TicketUse } from './tickets.js';
export { TicketsModule } from './tickets.module.js';
