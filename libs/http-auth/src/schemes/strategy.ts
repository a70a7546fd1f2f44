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
  success(principal: unknown, info?: unknown): void;
  fail(challenge?: unknown, status?: number): void;
  error(error: unknown): void;
  pass(): void;
  redirect(url: string, status?: number): void;
}

/** The part of a Passport instance that registering a strategy needs. */
export interface PassportRegistry {
  // Passport's own types want Express's request: any instance of it must fit.
  // eslint-disable-next-line typescript/no-explicit-any
  use(name: string, strategy: any): unknown;
}

/**
 * Where a strategy goes while it is constructed: nowhere. Passport's process-wide instance, which @nestjs/passport would
 * take, lets the users of one application into another.
 */
export const unregistered: PassportRegistry = { use: () => undefined };
