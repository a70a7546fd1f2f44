import { Injectable, Logger } from '@nestjs/common';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { isPromise } from '../common/promise.js';
import type { AuthEvent, AuthEventOf, AuthEventType } from './auth.event.js';

/** Is told of events, at once and before the response. What it throws, or a promise of it, is logged and changes nothing. */
export type AuthEventListener<T extends AuthEventType = AuthEventType> = (
  event: AuthEventOf<T>,
) => void | Promise<void>;

/**
 * What the guard makes of requests, for whoever wants to know: once for each judgement, and nothing for a public route or for a
 * request that needs no credentials and has none. While nobody listens, no event is made.
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
   * Listens to the events of a type.
   *
   * @returns ends it
   * @throws AuthConfigurationError where there is no such type
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

  /** Whether anybody listens to a type, so that its events need be made. */
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
