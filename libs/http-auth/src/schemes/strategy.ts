import type { HttpRequest } from '../http/request.js';

/** A Passport strategy, as far as it is used here: passport-strategy's contract, without its Express types. */
export interface Strategy {
  /** The name in Passport's registry, e.g. `jwt`. */
  name?: string;
  /** Reads the request and ends in one of Passport's actions, which are there while it runs. */
  authenticate(this: Strategy & StrategyActions, request: HttpRequest, options?: object): unknown;
}

/** What Passport gives a strategy to end with. */
export interface StrategyActions {
  /** The request is `principal`'s; `info` says more, as the strategy likes. */
  success(principal: unknown, info?: unknown): void;
  /** The credentials are refused: with a challenge, a `Failure` or a reason, and a status, 401 unless it is 400. */
  fail(challenge?: unknown, status?: number): void;
  /** The strategy could not judge: the server's fault, unless the error is Nest's 401. */
  error(error: unknown): void;
  /** The strategy has nothing to say. It opens nothing. */
  pass(): void;
  /** The strategy would send the client elsewhere, which no HTTP authentication does: the server's fault. */
  redirect(url: string, status?: number): void;
}

/** The part of a Passport instance that registering a strategy needs. */
export interface PassportRegistry {
  /** Registers a strategy under a name. */
  // Passport's own types want Express's request: any instance of it must fit.
  // eslint-disable-next-line typescript/no-explicit-any
  use(name: string, strategy: any): unknown;
}

/**
 * Where a strategy goes while it is constructed: nowhere. Passport's process-wide instance, which @nestjs/passport would
 * take, lets the users of one application into another.
 */
export const unregistered: PassportRegistry = { use: () => undefined };
