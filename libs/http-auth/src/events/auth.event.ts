import type { FailureReason } from '../schemes/failure.js';

/**
 * The common properties of all events. An event never contains credentials, nor a value that is derived from them. It
 * does not contain the principal, because that is the application's object and may contain personal data.
 */
interface Circumstances {
  /** The auth-scheme of the credentials, e.g. `Basic`; `undefined` if they belong to none of the route's schemes. */
  readonly scheme: string | undefined;
  /** The realm of the route; `undefined` if its function failed. */
  readonly realm: string | undefined;
  /** The route: `ArticlesController.create`, or the path of `protect()`. It never contains text from the client. */
  readonly route: string;
  /** The address of the client: the framework's `request.ip`. Behind a proxy, set its `trust proxy`. */
  readonly address: string | undefined;
}

/** A request was authenticated. */
export interface AuthenticatedEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'authenticated';
  /** The auth-scheme that authenticated it. */
  readonly scheme: string;
}

/** A request was refused, also if it has no credentials but needs them. */
export interface RefusedEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'refused';
  /** The reason: the credentials were `missing`, `malformed`, `invalid`, or `insufficient` for the route. */
  readonly reason: Exclude<FailureReason, 'limited'>;
  /** The status of the refusal: 401, 400, 403, or 407 if the application is a proxy; or the 4xx of the verifier. */
  readonly status: number;
  /** The reason in words, e.g. `jwt expired`, if the verifier or the strategy gives one. It has no credentials. */
  readonly message?: string;
}

/** A request was refused without a check of its credentials, because there were too many failures before it. */
export interface LockedEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'locked';
  /** The reason. */
  readonly reason: 'limited';
  /** The status: 429; or 503 if failures cannot be counted and `failClosed` is `true`. */
  readonly status: number;
}

/** A scheme failed to verify a request, which is the server's fault. The log has the error. */
export interface ErrorEvent extends Circumstances {
  /** Distinguishes the events. */
  readonly type: 'error';
  /** The status: 5xx. */
  readonly status: number;
}

/** The result of one request. Its `type` distinguishes the events. */
export type AuthEvent = AuthenticatedEvent | RefusedEvent | LockedEvent | ErrorEvent;

/** The types of events. */
export type AuthEventType = AuthEvent['type'];

/** The event of a type. */
export type AuthEventOf<T extends AuthEventType> = Extract<AuthEvent, { type: T }>;
