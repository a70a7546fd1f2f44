import type { HttpRequest } from '../../http/request.js';

/** A Passport strategy: the contract of passport-strategy, without its Express types. */
export interface Strategy {
  /** The name in Passport's registry, e.g. `jwt`. */
  name?: string;
  /** Reads the request and calls one of Passport's actions, which Passport adds to the strategy for each request. */
  authenticate(this: Strategy & StrategyActions, request: HttpRequest, options?: object): unknown;
}

/** The actions of Passport, one of which ends a strategy. */
export interface StrategyActions {
  /** The credentials are valid. `info` is anything that the strategy adds to the principal. */
  success(principal: unknown, info?: unknown): void;
  /** The credentials are refused: with a challenge, a `Failure`, an error or a message; and with a status, 401 by default. */
  fail(challenge?: unknown, status?: number): void;
  /** The strategy failed. The client gets a 5xx, except for a refusal or a 4xx exception of Nest. */
  error(error: unknown): void;
  /** The strategy does not decide. The request is refused. */
  pass(): void;
  /** The strategy redirects the client, which HTTP authentication never does. The client gets a 5xx. */
  redirect(url: string, status?: number): void;
}

/** The part of a Passport instance that registers a strategy. */
export interface PassportRegistry {
  /** Registers a strategy under a name. */
  // `any`, because Passport's own types require Express's request, and every Passport instance must fit.
  // eslint-disable-next-line typescript/no-explicit-any
  use(name: string, strategy: any): unknown;
}
