import { setImmediate } from 'node:timers/promises';

/** A millisecond of work or so. */
const TURN = 250;

/** Does something as often as asked, and lets others have their turn: what is computed in JavaScript must not hold up the server. */
export async function inTurns(times: number, act: (index: number) => void): Promise<void> {
  for (let index = 0; index < times; index++) {
    if (index % TURN === TURN - 1) await setImmediate();
    act(index);
  }
}
