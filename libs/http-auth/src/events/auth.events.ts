import { inspect } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { isPromise } from '../common/promise.js';
import type { AuthEvent, AuthEventOf, AuthEventType } from './auth.event.js';

/**
 * A function that receives events. The guard calls it before the response and does not wait for its promise. If it throws
 * or rejects, the error is logged and the response does not change.
 */
export type AuthEventListener<T extends AuthEventType = AuthEventType> = (
  event: AuthEventOf<T>,
) => void | Promise<void>;

/**
 * Publishes the results of the guard, e.g. for an audit log: one event for each check of credentials. Public routes have no
 * events, and neither do requests without credentials to optional routes.
 *
 * @example
 * constructor(events: AuthEvents) {
 *   events.on('refused', ({ reason, route, address }) => logger.warn(`${reason} at ${route} from ${address}`));
 * }
 */
@Injectable()
export class AuthEvents {
  private readonly logger = new Logger(AuthEvents.name);
  private readonly listeners: Readonly<Record<AuthEventType, Set<(event: never) => unknown>>> = {
    authenticated: new Set(),
    refused: new Set(),
    locked: new Set(),
    error: new Set(),
  };

  /**
   * Adds a listener for one type of event. A listener that is added again is called once.
   *
   * @returns a function that removes the listener
   * @throws AuthConfigurationError `ERR_AUTH_EVENT` if the type is unknown
   */
  on<T extends AuthEventType>(type: T, listener: AuthEventListener<T>): () => void {
    if (!Object.hasOwn(this.listeners, type)) {
      const types = Object.keys(this.listeners).join(', ');
      throw new AuthConfigurationError(
        'ERR_AUTH_EVENT',
        `AuthEvents.on(): the event '${type}' does not exist; use one of ${types}`,
      );
    }
    const listeners = this.listeners[type];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Returns `true` if a type has a listener. The guard creates no event without one. */
  hears(type: AuthEventType): boolean {
    return this.listeners[type].size > 0;
  }

  /** Calls the listeners of the event. Only the guard emits events. */
  emit(event: AuthEvent): void {
    for (const listener of this.listeners[event.type]) {
      try {
        const told = listener(event as never);
        if (isPromise(told)) told.then(undefined, (error: unknown) => this.complain(event, error));
      } catch (error) {
        this.complain(event, error);
      }
    }
  }

  private complain({ type }: AuthEvent, error: unknown): void {
    this.logger.error(
      `AuthEvents: a listener of '${type}' failed; handle the error in the listener`,
      error instanceof Error ? error.stack : inspect(error),
    );
  }
}
