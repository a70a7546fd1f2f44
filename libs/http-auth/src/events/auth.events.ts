import { Injectable, Logger } from '@nestjs/common';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { isPromise } from '../common/promise.js';
import type { AuthEvent, AuthEventOf, AuthEventType } from './auth.event.js';

/**
 * Receives events synchronously, before the response. If it throws or rejects, the error is logged and the response does
 * not change.
 */
export type AuthEventListener<T extends AuthEventType = AuthEventType> = (
  event: AuthEventOf<T>,
) => void | Promise<void>;

/**
 * The results of the guard: one event for each check of credentials. There are no events for public routes, nor for
 * optional routes if the request has no credentials. Without listeners, no event is created.
 *
 * @example
 * events.on('refused', ({ reason, route, address }) => logger.warn(`${reason} at ${route} from ${address}`));
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
   * Adds a listener for a type of events.
   *
   * @returns a function that removes the listener
   * @throws AuthConfigurationError if the type is unknown
   */
  on<T extends AuthEventType>(type: T, listener: AuthEventListener<T>): () => void {
    if (!Object.hasOwn(this.listeners, type)) {
      const types = Object.keys(this.listeners).join(', ');
      throw new AuthConfigurationError('ERR_AUTH_EVENT', `AuthEvents: there is no event '${type}', but ${types}`);
    }
    const listeners = this.listeners[type];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Returns `true` if a type has a listener. Otherwise its events do not have to be created. */
  hears(type: AuthEventType): boolean {
    return this.listeners[type].size > 0;
  }

  /** Tells the listeners. The guard does. */
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
    this.logger.error(`A listener to '${type}' threw`, error instanceof Error ? error.stack : String(error));
  }
}
