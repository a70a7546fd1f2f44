import { type ExecutionContext, HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { type AuthenticationFields } from '../http/fields.js';
import { Challenger } from '../response/challenger.js';
import { grpcCallOf } from './grpc.call.js';
import { type FieldLine, linesOf } from './message.request.js';
import { RPC_OPTIONS, type RpcAuthOptions } from './rpc.options.js';

/** Finds the credentials of messages. */
@Injectable()
export class MessageCredentials {
  private readonly logger = new Logger('HttpAuthGuard');
  private readonly fields: AuthenticationFields;
  /** The handlers for which the log has a problem of the option. Clients could otherwise flood the log. */
  private readonly reported = new WeakSet<Function>();

  constructor(
    @Inject(RPC_OPTIONS) private readonly options: RpcAuthOptions,
    challenger: Challenger,
  ) {
    this.fields = challenger.fields;
  }

  /** If `false`, messages of transports other than gRPC cannot have credentials. */
  get areKnown(): boolean {
    return this.options.credentials !== undefined;
  }

  /**
   * Returns the field lines of a message: the metadata of gRPC, or the credentials that the option returns.
   *
   * @throws HttpException 500 if the option throws, or returns another type
   */
  linesOf(context: ExecutionContext): FieldLine[] {
    const call = grpcCallOf(context.getArgs());
    if (call !== undefined) return linesOf(call);
    try {
      const found: unknown[] = [this.options.credentials?.(context) ?? []].flat();
      if (found.every((value) => typeof value === 'string')) {
        return found.map((value) => [this.fields.credentials, value]);
      }
      this.reportOnce(context, 'must return a string, a list of strings or undefined');
    } catch (error) {
      this.reportOnce(context, `threw ${describe(error)}`);
    }
    throw new HttpException('Internal Server Error', 500);
  }

  private reportOnce(context: ExecutionContext, problem: string): void {
    const handler = context.getHandler();
    if (this.reported.has(handler)) return;
    this.reported.add(handler);
    this.logger.error(`${context.getClass().name}.${handler.name}(): credentials of RpcAuthModule ${problem}`);
  }
}

/** Describes an error without its message, which may contain the payload. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'a value';
  const frames = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? [];
  return [error.name, ...frames].join('\n');
}
