export type { TicketOptions, TicketPrincipal } from './ticket.options.js';
export { type IssuedTicket, ticket } from './ticket.scheme.js';
export { Tickets, type TicketUse } from './tickets.js';
export { TicketsModule } from './tickets.module.js';
