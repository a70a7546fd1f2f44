import { setImmediate } from 'node:timers/promises';

/** About one millisecond of work. */
const ROUNDS_PER_TURN = 250;

/** Runs the rounds of a hash that is computed in JavaScript. Between turns, the event loop handles other requests. */
export async function runRounds(rounds: number, step: (round: number) => void): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_PER_TURN === ROUNDS_PER_TURN - 1) await setImmediate();
    step(round);
  }
}
