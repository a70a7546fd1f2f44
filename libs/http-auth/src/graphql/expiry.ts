/** The longest delay of a timer of Node, in milliseconds. A longer one would fire immediately. */
const LONGEST = 2 ** 31 - 1;

/**
 * Calls a function at a time, which may be years away. The timer does not keep the process alive.
 *
 * @returns a function that cancels the call
 */
export function atTime(time: Date, run: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = time.getTime() - Date.now();
    timer = setTimeout(left > LONGEST ? wait : run, Math.min(Math.max(left, 0), LONGEST));
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
