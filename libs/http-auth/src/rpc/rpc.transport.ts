import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  type ExecutionContext,
  HttpException,
  Injectable,
  Logger,
  UnauthorizedException,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { type Observable, throwError } from 'rxjs';
import { callAt } from '../common/timeout.js';
import { carry } from '../guard/carrier.js';
import { Authenticator } from '../guard/authenticator.js';
import { HttpAuthGuard } from '../guard/http-auth.guard.js';
import { Policies } from '../guard/policies.js';
import type { Policy } from '../guard/policy.js';
import { RouteExchanges } from '../guard/route.exchanges.js';
import type { Transport, TransportRoute } from '../guard/transport.js';
import { Challenger } from '../response/challenger.js';
import { Head } from '../response/head.js';
import { Failure } from '../schemes/failure.js';
import { endCall, grpcCallOf, isGrpcCall, isStream } from './grpc.call.js';
import { type Message, MessageArgument } from './message.js';
import { closeController, unknownMessage } from './message.guard.js';
import { MessageCredentials } from './message.credentials.js';
import { MessageHandlers } from './message.handlers.js';
import { type MessageRequest, requestOf, setFields } from './message.request.js';
import { codeOf, errorOf, exceptionOf, type Refusal, RefusedEventException } from './refusal.js';

/** Authenticates the messages of microservices: gRPC calls, and messages and events of other transports. */
@Injectable()
export class RpcTransport implements Transport {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    private readonly credentials: MessageCredentials,
    private readonly policies: Policies,
    private readonly exchanges: RouteExchanges,
    private readonly authenticator: Authenticator,
    private readonly challenger: Challenger,
    private readonly handlers: MessageHandlers,
    private readonly config: ApplicationConfig,
  ) {}

  /**
   * Returns `true` if the message may reach its handler, and throws otherwise.
   *
   * @throws RpcException in the form of the transport; the `Failure` is its cause
   * @throws RefusedEventException if the client does not expect a reply
   */
  async canActivate(context: ExecutionContext): Promise<true> {
    const policy = this.policies.of(context.getClass(), context.getHandler());
    const message = MessageArgument.find(context.getArgs());
    if (message?.owner !== this) {
      if (policy.access === 'public') return true;
      throw unknownMessage(context);
    }
    try {
      await message.once(policy, () => this.authenticate(policy, message, context));
    } catch (error) {
      throw this.exceptionFor(error, message, context);
    }
    return true;
  }

  /** Returns the response to an exception of a handler: a 401 has the form of the transport, and others are Nest's. */
  respond(exception: Error, host: ArgumentsHost): Observable<unknown> {
    const unauthorized = exception instanceof UnauthorizedException ? exception : new UnauthorizedException();
    const args = host.getArgs<unknown[]>();
    return throwError(() => errorOf(this.refusalOf(unauthorized, MessageArgument.find(args)), grpcCallOf(args)));
  }

  /** Returns the message handlers. */
  routes(): readonly TransportRoute[] {
    return this.handlers.routes();
  }

  /** Returns `true` if the application has `HttpAuthGuard` for all routes. Otherwise only decorated handlers have it. */
  guardsAll(): boolean {
    return this.config.getGlobalGuards().some((guard) => guard instanceof HttpAuthGuard);
  }

  /** Closes the handlers for servers that ignore global guards. */
  close(): void {
    if (!this.guardsAll()) return;
    for (const { controller } of this.handlers.routes()) closeController(controller);
  }

  /** Logs a warning if no client can have credentials for a message handler. */
  warn(): void {
    if (this.credentials.areKnown) return;
    const closed = this.handlers
      .routes()
      .find(
        ({ method, controller, handler }) =>
          method !== 'GRPC' && this.policies.of(controller, handler).access === 'required',
      );
    if (closed === undefined) return;
    this.logger.warn(
      `${closed.controller.name}.${closed.name}(): refuses all messages, because RpcAuthModule does not know where their ` +
        'credentials are; pass credentials to RpcAuthModule.forRoot(), or mark the handler @Public()',
    );
  }

  private async authenticate(policy: Policy, message: Message, context: ExecutionContext): Promise<void> {
    const args = context.getArgs<unknown[]>();
    const request = (message.exchange?.request as MessageRequest | undefined) ?? requestOf(args, message.pattern);
    if (policy.access !== 'public') setFields(request, this.credentials.linesOf(context));
    const response = message.exchange?.response ?? new ServerResponse(request as unknown as IncomingMessage);
    const { exchange } = await this.exchanges.enterBy(policy, request, response);
    message.exchange = exchange;
    carry(message.argument, request);
    await this.authenticator.authenticateRoute(policy, exchange);
    this.endAtExpiry(message, args);
  }

  private exceptionFor(error: unknown, message: Message, context: ExecutionContext): Error {
    const exception = error instanceof HttpException ? error : serverError(error);
    if (exception !== error) this.logger.error(error);
    // A server that fails must not lose an event, so a broker may deliver it again.
    if (message.isEvent && exception.getStatus() < 500) {
      message.dropped = true;
      return new RefusedEventException(exception);
    }
    const call = grpcCallOf(context.getArgs());
    return exceptionOf(errorOf(this.refusalOf(exception, message), call), exception.cause);
  }

  /** Returns what the client gets to know of an exception, with the challenges of the policy. */
  private refusalOf(exception: HttpException, message: Message | undefined): Refusal {
    const exchange = message?.exchange;
    if (exchange === undefined) return refusal(exception.getStatus(), exception.message, []);
    const { response } = exchange;
    const status = this.challenger.complete(exchange, new Head(response), exception.getStatus());
    const fields = [this.challenger.fields.challenges.toLowerCase(), 'retry-after'].flatMap((name) =>
      [response.getHeader(name) ?? []].flat().map((value) => [name, String(value)] as const),
    );
    return refusal(status, exception.message, fields);
  }

  /** Ends the stream of a response when the credentials expire. */
  private endAtExpiry(message: Message, args: readonly unknown[]): void {
    const { exchange } = message;
    const { scheme, admission } = exchange?.authenticated ?? {};
    const call = grpcCallOf(args);
    const expiresAt = admission?.info.expiresAt;
    if (exchange === undefined || expiresAt === undefined || (call !== undefined && !isStream(call))) return;
    const cancel = callAt(expiresAt, () => {
      exchange.failure = new Failure('invalid', scheme?.name);
      const error = errorOf(this.refusalOf(new UnauthorizedException('The credentials have expired'), message), call);
      message.end.error(error);
      // Nest passes the call itself to @GrpcStreamCall().
      if (isGrpcCall(args[0])) endCall(args[0], args[1], error);
    });
    if (isGrpcCall(args[0])) for (const event of ['close', 'cancelled']) args[0].once(event, cancel);
    else message.close = cancel;
  }
}

/** Returns the refusal with a status. The client does not get to know why the server failed. */
function refusal(status: number, message: string, fields: Refusal['fields']): Refusal {
  return { code: codeOf(status), message: status >= 500 ? (STATUS_CODES[status] ?? 'Error') : message, fields };
}

function serverError(cause: unknown): HttpException {
  return new HttpException(STATUS_CODES[500] as string, 500, { cause });
}
