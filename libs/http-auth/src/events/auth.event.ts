import type { FailureReason } from '../schemes/failure.js';

/**
 * What every event says. It has no credential, nor anything made of one; and not the principal, for that is the application's
 * own and may hold what belongs in no log.
 */
interface Circumstances {
  /** The auth-scheme that was tried, e.g. `Basic`; `undefined` where none of the route's was. */
  readonly scheme: string | undefined;
  /** The realm of the route; `undefined` where its function failed to name it. */
  readonly realm: string | undefined;
  /** The route: `ArticlesController.create`, or the path that `protect()` was given; nothing of what the client sent. */
  readonly route: string;
  /** Where the request comes from, as the framework's `request.ip` has it: behind a proxy, see its `trust proxy`. */
  readonly address: string | undefined;
}

/** A request was let in with credentials. */
export interface AuthenticatedEvent extends Circumstances {
  /** What tells it from other events. */
  readonly type: 'authenticated';
  /** The auth-scheme that it was let in by. */
  readonly scheme: string;
}

/** A request was refused: also one that had no credentials, where they were asked for. */
export interface RefusedEvent extends Circumstances {
  /** What tells it from other events. */
  readonly type: 'refused';
  /** Why: the credentials were `missing`, `malformed`, `invalid`, or `insufficient` for the route. */
  readonly reason: Exclude<FailureReason, 'limited'>;
  /** The status that was asked to say so: 401, 400, 403, or 407 of a proxy. */
  readonly status: number;
  /** The reason in words, e.g. `jwt expired`, if the verifier or the strategy gives one. It has no credentials. */
  readonly message?: string;
}

/** A request was refused without a judgement, since there were too many failures before it. */
export interface LockedEvent extends Circumstances {
  /** What tells it from other events. */
  readonly type: 'locked';
  /** Why: there were too many failures. */
  readonly reason: 'limited';
  /** The status: 429, or 503 where failures cannot be counted and nobody may pass for that. */
  readonly status: number;
}

/** A request could not be judged, which is the server's fault. What happened is in the log. */
export interface ErrorEvent extends Circumstances {
  /** What tells it from other events. */
  readonly type: 'error';
  /** The status: 5xx. */
  readonly status: number;
}

/** What the guard made of one request. `type` tells the events apart. */
export type AuthEvent = AuthenticatedEvent | RefusedEvent | LockedEvent | ErrorEvent;

/** What kinds of events there are. */
export type AuthEventType = AuthEvent['type'];

/** The event of a type. */
export type AuthEventOf<T extends AuthEventType> = Extract<AuthEvent, { type: T }>;
