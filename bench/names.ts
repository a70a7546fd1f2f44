// npm run bench:names            whether the time of an answer tells which users there are, in a minute or two
// npm run bench:names -- 1000    the same with so many pairs of requests

import { writeJson } from './files.js';
import { Load, requestBytes } from './load.js';
import type { NamesResults } from './results.js';
import { ServerProcess } from './server.process.js';
import { quantile, seeded, shuffled, welch } from './statistics.js';

const PAIRS = Number(process.argv[2] ?? 5000);
const WARM_UP = 500;
/** What the machine does beside is in the slowest answers, and hides what is looked for. */
const KEPT = 0.9;

/** Names of one length, so that nothing but their being known tells them apart. */
const NAMES = { known: 'alice', unknown: 'carol' } as const;
type Kind = keyof typeof NAMES;

let tries = 0;
/** A wrong password that nobody has tried: one that is being judged or was judged before may be answered sooner. */
const request = (kind: Kind) => {
  const userPass = `${NAMES[kind]}:${String(tries++).padStart(10, '0')}`;
  return requestBytes('/greeting', `Basic ${Buffer.from(userPass).toString('base64')}`);
};

/* oxlint-disable no-await-in-loop -- one measurement at a time */

async function test(verifier: string): Promise<NamesResults['tests'][number]> {
  const server = await ServerProcess.launch('names.server.js', [verifier]);
  const load = await Load.on(server.greeting, 1);
  const random = seeded(1);
  const times: Record<Kind, number[]> = { known: [], unknown: [] };
  for (let pair = -WARM_UP; pair < PAIRS; pair++) {
    for (const kind of shuffled<Kind>(['known', 'unknown'], random)) {
      const bytes = request(kind);
      const begin = performance.now();
      await load.send(1, () => bytes, 401);
      if (pair >= 0) times[kind].push((performance.now() - begin) * 1000);
    }
  }
  load.close();
  await server.stop();
  const most = quantile(
    [...times.known, ...times.unknown].toSorted((a, b) => a - b),
    KEPT,
  );
  const [known, unknown] = [times.known, times.unknown].map((all) => all.filter((time) => time <= most)) as [
    number[],
    number[],
  ];
  return { verifier, known: mean(known), unknown: mean(unknown), ...welch(known, unknown) };
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const tests: NamesResults['tests'][number][] = [];
for (const verifier of ['users()', 'htpasswd()', 'passwords()', 'naive']) tests.push(await test(verifier));

/* oxlint-enable no-await-in-loop */

console.table(tests.map(({ difference, ...rest }) => ({ ...rest, difference: difference.value })));
writeJson('names.results.json', { pairs: PAIRS, kept: KEPT, tests });
