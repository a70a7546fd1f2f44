import { ForbiddenException, Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import { keyedDigest } from '../common/digest.js';
import type { AuthenticatedRequest } from '../guard/authenticated-request.js';
import { SUBJECT, type SubjectOf } from '../guard/event.reporter.js';
import { isOrigin } from '../http/origin.js';
import type { HttpRequest } from '../http/request.js';
import { resourceOf } from '../response/resource.url.js';
import { SchemeRegistry } from '../schemes/scheme.registry.js';
import { sentPath } from './ticket.binding.js';
import { type IssuedTicket, ticketSchemeOf } from './ticket.scheme.js';

/** The place in which a ticket can be used. */
export interface TicketUse {
  /** The path that the ticket opens, as clients send it, e.g. `/events`. No other path accepts it, not even with a slash at the end. */
  readonly path: string;
  /**
   * The origin whose pages may use the ticket, e.g. `https://app.example`. Set it if a server asks for the ticket on behalf of a page.
   *
   * @default the `Origin` of the request; any origin if the request does not have it
   */
  readonly origin?: string;
}

/**
 * Issues single-use tickets. Import {@link TicketsModule} and add `ticket()` to the schemes.
 *
 * @example
 * constructor(private readonly tickets: Tickets) {}
 *
 * @Post('tickets')
 * issue(@Req() request: HttpRequest) {
 *   return this.tickets.issue(request, { path: '/events' });
 * }
 */
@Injectable()
export class Tickets {
  /** @internal Nest creates the instance. */
  constructor(
    private readonly registry: SchemeRegistry,
    @Inject(SUBJECT) private readonly subject: SubjectOf | undefined,
  ) {}

  /**
   * Issues a ticket for the user of a request. The ticket has the facts of the request's credentials: scopes, step-up and end. So a stream
   * that it opens ends when those credentials end.
   *
   * Call it in the handler of a POST that requires credentials. What that route requires, the holder of the ticket has shown.
   *
   * @param request the framework's request, which the guard has authenticated
   * @throws TypeError if the path or the origin is invalid, or if Redis cannot store the principal
   * @throws UnauthorizedException if the request is not authenticated
   * @throws ForbiddenException if the request was authenticated by a ticket itself
   * @throws ServiceUnavailableException if the store is down, or has too many tickets
   */
  async issue(request: HttpRequest, { path, origin }: TicketUse): Promise<IssuedTicket> {
    const sent = sentPath(path);
    if (sent === undefined) {
      throw new TypeError("Tickets.issue(): path must be a path without a query; write path: '/events', for example");
    }
    if (origin !== undefined && !isOrigin(origin)) {
      throw new TypeError(
        "Tickets.issue(): origin must be a scheme and a host; write 'https://app.example', for example",
      );
    }
    const { user, authInfo } = request as Partial<AuthenticatedRequest>;
    if (user === undefined || user === null || authInfo === undefined) throw new UnauthorizedException();
    // A ticket is another credential than the token: its holder cannot prove that it has the key of the token.
    const { scheme, realm: _realm, confirmation: _confirmation, ...info } = authInfo;
    const tickets = ticketSchemeOf(this.registry);
    // Otherwise one ticket would be enough for ever.
    if (scheme === tickets.name) throw new ForbiddenException('A ticket cannot get another ticket');
    return tickets.issue(this.nameOf(user, request), {
      principal: user,
      info,
      resource: resourceOf(request),
      path: sent,
      origin: origin ?? request.headers.origin,
    });
  }

  /**
   * Returns a digest that distinguishes users: by the option `subject`, by the claims `iss` and `sub`, or else by the whole principal. A
   * principal may change with each token, and must not get more tickets for it. Users that have no name share one for each address.
   */
  private nameOf(user: unknown, { ip = '' }: HttpRequest): string {
    try {
      const subject: unknown = this.subject?.(user);
      if (typeof subject === 'string') return keyedDigest('subject', subject);
      const { iss, sub } = user as { readonly iss?: unknown; readonly sub?: unknown };
      return keyedDigest('user', JSON.stringify(sub === undefined ? user : [iss, sub]));
    } catch {
      return keyedDigest('address', ip);
    }
  }
}
