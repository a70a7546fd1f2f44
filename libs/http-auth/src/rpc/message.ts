import { Subject } from 'rxjs';
import type { Policy } from '../guard/policy.js';
import type { Exchange } from '../response/exchange.js';
import type { RpcTransport } from './rpc.transport.js';

/** One message that a server of an application received, with the results of the guard. */
export class Message {
  /** The argument by which guards, filters and parameter decorators find the message. */
  readonly argument = new MessageArgument(this);
  /** Set when the guard has seen the message. */
  exchange: Exchange | undefined;
  /** If `true`, the guard has refused an event, which has no reply. */
  dropped = false;
  /** Ends the stream of the response with an error when the credentials expire. */
  readonly end = new Subject<never>();
  /** Called when the response has ended. */
  close: () => void = () => undefined;
  private readonly verdicts = new Map<Policy, Promise<void>>();
  private turn: Promise<unknown> = Promise.resolve();

  /**
   * @param owner the transport of the application
   * @param isEvent if `true`, the client does not expect a reply
   * @param pattern the pattern of the handler, in one string
   */
  constructor(
    readonly owner: RpcTransport,
    readonly isEvent: boolean,
    readonly pattern: string,
  ) {}

  /**
   * Authenticates the message once for each policy, although several guards may ask. An event may have several handlers; their
   * policies are applied one after the other, so that its credentials are verified once.
   */
  once(policy: Policy, authenticate: () => Promise<void>): Promise<void> {
    let verdict = this.verdicts.get(policy);
    if (verdict === undefined) {
      verdict = this.turn.then(authenticate);
      this.verdicts.set(policy, verdict);
      this.turn = verdict.catch(() => undefined);
    }
    return verdict;
  }
}

/**
 * The argument that our servers add to the arguments of a handler. Applications may print these arguments, so it has no
 * properties.
 */
export class MessageArgument {
  readonly #message: Message;

  constructor(message: Message) {
    this.#message = message;
  }

  /** Returns the message that has these arguments; `undefined` if no server of an application with the module received it. */
  static find(args: readonly unknown[]): Message | undefined {
    const argument = args.findLast((arg): arg is MessageArgument => arg instanceof MessageArgument);
    // An optional chain cannot contain a private name.
    return argument === undefined ? undefined : argument.#message;
  }
}
