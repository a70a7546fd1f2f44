import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { SchemeRegistry } from '../schemes/scheme.registry.js';
import { ticketSchemeOf } from './ticket.scheme.js';
import { Tickets } from './tickets.js';

/** Provides {@link Tickets} to all modules of an application. Import it in addition to `AuthModule`, whose schemes contain `ticket()`. */
@Global()
@Module({ providers: [Tickets], exports: [Tickets] })
export class TicketsModule implements OnModuleInit {
  /** @internal Nest creates the instance. */
  constructor(private readonly registry: SchemeRegistry) {}

  /** Called by Nest. It checks that `AuthModule` has the scheme. */
  onModuleInit(): void {
    ticketSchemeOf(this.registry);
  }
}
