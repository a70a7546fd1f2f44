/** The injection token of the milliseconds that a verifier or a realm function may take. */
export const TIMEOUT = Symbol('nestjs-http-auth:timeout');

/**
 * Waits for a promise of application code for a limited time.
 *
 * @param milliseconds the time
 * @param late creates the error to throw if the time is over. The promise may still settle later; its result is ignored
 */
export async function withinTime<T>(promise: PromiseLike<T>, milliseconds: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
    timer.unref();
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for the answer of a store. Unlike {@link withinTime}, it does not reject if the answer has arrived in time, but the process was
 * busy.
 */
export function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Error(`no response in ${milliseconds} ms`));
    // The answer may be waiting in the event loop. setImmediate() lets it arrive first.
    const timer = setTimeout(() => setImmediate(expire), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The longest time of `setTimeout()`, in milliseconds. With more, it calls back immediately. */
export const MAX_DELAY = 2 ** 31 - 1;

/**
 * Calls a function at a time, which may be years away. It does not keep the process alive.
 *
 * @returns a function that cancels the call
 */
export function callAt(time: Date, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const rest = Math.max(0, time.getTime() - Date.now());
    timer = setTimeout(rest > MAX_DELAY ? wait : call, Math.min(rest, MAX_DELAY)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
