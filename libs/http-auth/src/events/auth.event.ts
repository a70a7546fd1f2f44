import type { LimitName } from '../limits/attempt.js';
import type { FailureReason } from '../schemes/failure.js';

/**
 * The common properties of all events. An event never contains credentials or a value that is derived from them. It
 * does not contain the principal, because the principal is the application's object and may contain personal data. The option
 * `subject` names it.
 */
interface Circumstances {
  /** The auth-scheme of the credentials, e.g. `Basic`; `undefined` if they belong to none of the route's schemes. */
  readonly scheme: string | undefined;
  /** The realm of the route; `undefined` if the realm is a function that failed for this request. */
  readonly realm: string | undefined;
  /**
   * The route: the handler, e.g. `ArticlesController.create`, or the path that was given to `protect()`. It never contains
   * a string from the client, so it is safe as a label of a metric.
   */
  readonly route: string;
  /**
   * The address of the client: the framework's `request.ip`. Behind a proxy, it is the address of the proxy unless the
   * framework's trust-proxy setting is on (`trust proxy` of Express, `trustProxy` of Fastify).
   */
  readonly address: string | undefined;
}

/** A scheme authenticated a request. */
export interface AuthenticatedEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'authenticated';
  /** The auth-scheme that authenticated the request. */
  readonly scheme: string;
  /** The name of the principal, if the option `subject` returns it. */
  readonly subject?: string;
}

/** The guard refused a request because its credentials are missing, malformed, invalid, insufficient or forbidden. */
export interface RefusedEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'refused';
  /** The problem of the credentials. `insufficient` and `forbidden` credentials are valid. */
  readonly reason: Exclude<FailureReason, 'limited'>;
  /** The status of the response: 400, 401, 403, 407 if the application is a proxy, or the 4xx of the verifier's exception. */
  readonly status: number;
  /** The name of the principal, if the option `subject` returns it and the reason is `insufficient`. */
  readonly subject?: string;
  /** The explanation of the verifier or the strategy, if there is one, e.g. `jwt expired`. Credentials are cut out of it. */
  readonly message?: string;
}

/** A limit refused a request before its credentials were checked, because too many attempts had failed. */
export interface LockedEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'locked';
  /** The only reason of this event. */
  readonly reason: 'limited';
  /** The limit that is reached; absent if failures cannot be counted. */
  readonly limit?: LimitName;
  /** The status of the response: 429, or 503 if the store of the limit fails and `failClosed` is `true`. */
  readonly status: number;
}

/** A scheme could not decide, because the server failed, e.g. its database. The error is in the log, not in the event. */
export interface ErrorEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'error';
  /** The status of the response, a 5xx. */
  readonly status: number;
}

/** The result of one request. Its `type` distinguishes the events. */
export type AuthEvent = AuthenticatedEvent | RefusedEvent | LockedEvent | ErrorEvent;

/** The types of events. */
export type AuthEventType = AuthEvent['type'];

/** The event of a type. */
export type AuthEventOf<T extends AuthEventType> = Extract<AuthEvent, { type: T }>;
