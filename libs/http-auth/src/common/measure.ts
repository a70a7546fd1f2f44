import { Logger } from '@nestjs/common';

/**
 * Measurements of one kind, from the verifiers to the meters of the process. Verifiers do not depend on a meter. Without a listener, a
 * measurement costs one condition.
 */
export class Measure<Measurement> {
  private readonly listeners = new Set<(measurement: Measurement) => void>();

  /** If `false`, there is no listener, so the caller does not have to create a measurement. */
  get isHeard(): boolean {
    return this.listeners.size > 0;
  }

  /** Calls the listeners. An error of a listener is logged, so it does not change a response. */
  publish(measurement: Measurement): void {
    for (const listener of this.listeners) {
      try {
        listener(measurement);
      } catch (error) {
        new Logger('meterHttpAuth').error(error);
      }
    }
  }

  /**
   * Adds a listener.
   *
   * @returns a function that removes the listener
   */
  on(listener: (measurement: Measurement) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * Calls a function and publishes how long its promise takes.
   *
   * @param describe creates the measurement from the result and the time in seconds
   */
  time<Value>(
    call: () => Promise<Value>,
    describe: (result: PromiseSettledResult<Value>, seconds: number) => Measurement,
  ): Promise<Value> {
    if (!this.isHeard) return call();
    const start = performance.now();
    const end = (result: PromiseSettledResult<Value>): void =>
      this.publish(describe(result, (performance.now() - start) / 1000));
    const promise = call();
    promise.then(
      (value) => end({ status: 'fulfilled', value }),
      (reason: unknown) => end({ status: 'rejected', reason }),
    );
    return promise;
  }
}

/** A scheme has checked the credentials of a request. */
export interface AuthenticationTime {
  /** The authenticator. Each application of the process has its own. */
  readonly by: object;
  /** The name of the scheme. */
  readonly scheme: string;
  /** The result, with the same words as the events. */
  readonly type: 'authenticated' | 'refused' | 'locked' | 'error';
  /** The time that the scheme has taken, with its limits and its verifier. */
  readonly seconds: number;
}

/** An introspection endpoint has answered, or has failed to answer. */
export interface IntrospectionTime {
  /** The host of the endpoint. */
  readonly host: string;
  /** The result, with the same words as the events. */
  readonly type: 'authenticated' | 'refused' | 'error';
  /** The time of the request. */
  readonly seconds: number;
}

/** A verifier has looked for credentials in its cache. */
export interface CacheLookup {
  /** The kind of the cache. */
  readonly cache: 'jwt' | 'introspection' | 'passwords';
  /** If `true`, the cache had the result. */
  readonly hit: boolean;
}

/** The keys of an issuer. */
export interface IssuerKeys {
  /** The identifier of the issuer. */
  readonly issuer: string;
  /** If `true`, tokens can be verified now. */
  readonly ready: boolean;
  /** Milliseconds since the keys were last fetched; `undefined` if they are not loaded yet, or are an option. */
  readonly age: number | undefined;
}

/** A question to all verifiers of JWTs: a function that takes the keys of each issuer. */
export type IssuerQuestion = (keys: IssuerKeys) => void;

/** How long schemes take. */
export const AUTHENTICATION = new Measure<AuthenticationTime>();

/** How long introspection endpoints take. */
export const INTROSPECTION = new Measure<IntrospectionTime>();

/** The lookups in the caches of verifiers. */
export const CACHE = new Measure<CacheLookup>();

/** The questions about keys. Here, the meter publishes, and the verifiers listen. */
export const ISSUERS = new Measure<IssuerQuestion>();
