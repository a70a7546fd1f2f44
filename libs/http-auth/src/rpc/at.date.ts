/** The longest delay of Node's timers in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * Calls a function at a date; immediately if the date has passed or is invalid. The timer does not keep the process alive.
 *
 * @returns a function that cancels the timer
 */
export function atDate(date: Date, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const left = date.getTime() - Date.now();
    if (!(left > 0)) return act();
    timer = setTimeout(wait, Math.min(left, LONGEST));
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
