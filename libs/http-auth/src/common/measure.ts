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
  /** The reason why the last fetch failed; `undefined` if it did not fail. */
  readonly error: string | undefined;
}

/** A verifier of JWTs. */
export interface KeyedVerifier {
  /** Returns the keys of its issuers. It does not send a request. */
  issuers(): readonly IssuerKeys[];
  /** Fetches the keys that are missing or old. It rejects if an issuer does not answer. */
  fetchKeys(): Promise<void>;
}

/** A question to all verifiers of JWTs: a function that takes each of them. */
export type IssuerQuestion = (verifier: KeyedVerifier) => void;

/** The stored hashes of a verifier of passwords. */
export interface StoredHashes {
  /** The function that has created the verifier, e.g. `htpasswd(./users.htpasswd)`. */
  readonly source: string;
  /** The number of hashes that can be verified. */
  readonly count: number;
  /** The number of hashes that are weaker than OWASP recommends, by their algorithm and parameters. */
  readonly weak: ReadonlyMap<string, number>;
  /** Lines that were skipped: their numbers and the reasons, without their content. */
  readonly skipped: readonly string[];
  /**
   * What to do about weak hashes.
   *
   * @default to make new hashes
   */
  readonly fix?: string;
}

/** A question to all verifiers of passwords that know their users: a function that takes the hashes of each of them. */
export type HashQuestion = (hashes: StoredHashes) => void;

/** How long schemes take. */
export const AUTHENTICATION = new Measure<AuthenticationTime>();

/** How long introspection endpoints take. */
export const INTROSPECTION = new Measure<IntrospectionTime>();

/** The lookups in the caches of verifiers. */
export const CACHE = new Measure<CacheLookup>();

/** The questions about keys. Here, the meter publishes, and the verifiers listen. */
export const ISSUERS = new Measure<IssuerQuestion>();

/** The questions about stored hashes. Here, the command publishes, and the verifiers listen. */
export const HASHES = new Measure<HashQuestion>();

/** Removes the listener of an object that nothing uses anymore. */
const collected = new FinalizationRegistry((end: () => void) => end());

/**
 * Answers the questions of a measure for an object, until nothing uses the object anymore. The listener belongs to the process, so it
 * does not keep the object.
 */
export function answerFor<Subject extends object, Question>(
  measure: Measure<Question>,
  subject: Subject,
  answer: (question: Question, subject: Subject) => void,
): void {
  const weak = new WeakRef(subject);
  const end = measure.on((question) => {
    const used = weak.deref();
    if (used !== undefined) answer(question, used);
  });
  collected.register(subject, end);
}
