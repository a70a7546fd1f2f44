import { inTime } from './timeout.js';

/** Milliseconds after which Redis counts as unavailable. */
const TIMEOUT = 500;

/** Milliseconds for which an unavailable Redis is not asked, because clients keep a queue of the commands that wait for it. */
const PAUSE = 1000;

/** The error message for the option `redis` of a function that uses {@link AskRedis}. */
export const REDIS_PROBLEM =
  'redis must be a client of ioredis 5 or later, or of redis 4 or later; pass new Redis(url), or createClient({ url })';

/** Sends commands to Redis for a limited time. */
export class AskRedis<Client> {
  private pausedUntil = 0;

  /** @param unavailable creates the error for a Redis that is down, or was down a moment ago */
  constructor(
    private readonly client: object,
    private readonly unavailable: (error?: unknown) => Error,
  ) {}

  /** @throws the error of `unavailable` if Redis does not answer, or answers with an error */
  async ask(command: (client: Client) => Promise<unknown>): Promise<unknown> {
    if (performance.now() < this.pausedUntil) throw this.unavailable();
    try {
      // An async function, because a client may also throw.
      return await inTime((async () => command(this.client as Client))(), TIMEOUT);
    } catch (error) {
      this.pausedUntil = performance.now() + PAUSE;
      throw this.unavailable(error);
    }
  }
}
