import { type Analysis, type Bar, type Finding, verdict } from './analysis.js';
import { title } from './campaign.js';
import type { Environment, MicroResults, NamesResults, ScaleResults } from './results.js';
import type { Estimate } from './statistics.js';
import { LIBRARY } from './subjects.js';

/** From which t on two kinds of timings are told apart: the threshold that leakage tests of hardware have. */
const TELLING = 4.5;

/** A ratio as it is printed. */
export const cell = (ratio: number): string => ratio.toFixed(2);

/** A ratio with its interval as they are printed. */
export const interval = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)} – ${high.toFixed(3)})`;

/** The page of the benchmarks. */
export function page(
  environment: Environment,
  analysis: Analysis,
  micro: MicroResults | undefined,
  scale: ScaleResults | undefined,
  names: NamesResults | undefined,
): string {
  const sections = [
    introduction(environment),
    bars(analysis),
    ...(['express', 'fastify'] as const).map((adapter) => rows(adapter, analysis)),
    micro === undefined ? '' : microSection(micro),
    scale === undefined ? '' : scaleSection(scale),
    names === undefined ? '' : namesSection(names),
    method(environment),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const nameOf = (adapter: string): string => (adapter === 'express' ? 'Express' : 'Fastify');
const cells = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;

/** A table of Markdown. */
function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [cells(head), cells(rule), ...lines.map(cells)].join('\n');
}

function introduction({ date, mode, node, cpu }: Environment): string {
  const quick =
    mode === 'quick'
      ? ' It was a quick run: the intervals are wide, most bars cannot be shown, and some rows are missing.'
      : '';
  return `# Benchmarks

<!-- Written by \`npm run bench\`; what is changed here by hand is lost. -->

What a guard costs: CPU time of the server process for one request, on ${date} with Node ${node} on ${cpu}.
The numbers in parentheses are the ends of a 95 % interval.${quick}`;
}

function bars({ bars: all, doubts }: Analysis): string {
  const warnings = doubts.map((doubt) => `> Beware: ${doubt}.\n\n`).join('');
  const lines = all.map((bar: Bar) => {
    const { group, text, limit, found } = bar;
    return [`${title(group)}: ${text}`, cell(limit), interval(found), verdict(bar)];
  });
  return `## Bars

What this library must keep to, as ratios of CPU time. A bar is *missed* where the whole interval is above it, and *not shown*
where it is inside the interval. A peer that runs without Nest
adds so many µs to the unguarded route of its own framework; the ratio is to the same µs added to Nest's unguarded route.

${warnings}${table(['ratio', 'bar', 'found', ''], lines)}`;
}

function findingCells(what: string, { subject, micros, toUnguarded, toFloor }: Finding): string[] {
  const bare = subject.group.startsWith('nest-') ? '' : ', without Nest';
  const contender = subject.contender === LIBRARY ? `**${LIBRARY}**` : subject.contender;
  const floor = toFloor === undefined ? '' : interval(toFloor);
  return [what, `${contender}${bare}`, micros.toFixed(1), interval(toUnguarded), floor];
}

function rows(adapter: 'express' | 'fastify', analysis: Analysis): string {
  const name = nameOf(adapter);
  const lines = [
    ...analysis.floors(adapter).map((finding) => findingCells(finding.subject.row.title, finding)),
    ...analysis
      .table(adapter)
      .flatMap(({ row, findings }) => findings.map((finding) => findingCells(row.title, finding))),
  ];
  return `## ${name}

![CPU time of a request on ${name}, as a multiple of the route without a guard](benchmarks/${adapter}.svg)

The floor is the empty guard, and for a 401 or a 403 the three-line guard, which does nothing but throw Nest's exception. It is
asked with the credentials of the row: Node reads them off the wire, whatever the guard does.

${table(['row', 'guard', 'µs', '× no guard', '× floor'], lines)}`;
}

function microSection({ calls }: MicroResults): string {
  const lines = calls.map(({ name, nanoseconds, bytes }) => [name, nanoseconds.toFixed(0), bytes.toFixed(0)]);
  return `## Single calls

\`npm run bench:micro\`: time of one call, the median, and what it allocates. A guard pass has a request, a response and a context
of its own, which the empty guard is given as well.

${table(['call', 'ns', 'bytes'], lines)}`;
}

function scaleSection({ boot, users, bcrypt, shared }: ScaleResults): string {
  return `## Scale

\`npm run bench:scale\`. Boot time is that from \`NestFactory.create()\` until the application listens; memory is the heap in use after a
garbage collection.

${table(
  ['boot', 'routes', 'no guard, ms', `${LIBRARY}, ms`, 'no guard, MB', `${LIBRARY}, MB`],
  boot.map(({ adapter, routes, unguarded, library }) => [
    nameOf(adapter),
    String(routes),
    unguarded.milliseconds.toFixed(0),
    library.milliseconds.toFixed(0),
    unguarded.megabytes.toFixed(1),
    library.megabytes.toFixed(1),
  ]),
)}

100,000 principals, each of whom sends one request, beside one principal who sends them all. Of verified JWTs, 10,000 are
remembered, and of forged ones none:

${table(
  ['principals', 'scheme', 'one: µs', 'all: µs', 'heap before, MB', 'heap after, MB'],
  users.map(({ adapter, scheme, one, all, before, after }) => [
    nameOf(adapter),
    scheme,
    one.toFixed(1),
    all.toFixed(1),
    before.toFixed(1),
    after.toFixed(1),
  ]),
)}

Delay of the event loop while 64 bcrypt verifications (cost 10) are under way:

${table(
  ['event loop', 'guard', 'idle p99, ms', 'busy p99, ms'],
  bcrypt.map(({ adapter, contender, idle, busy }) => [nameOf(adapter), contender, idle.toFixed(2), busy.toFixed(2)]),
)}

Processes that share one Redis for the limits of Basic. A good password that an instance knows asks Redis for nothing; a wrong one,
here each of another user, is counted under three keys there. CPU time for one request, of all processes and of Redis:

${table(
  ['limits in Redis', 'processes', 'good: µs', 'wrong: µs', 'wrong, in Redis: µs'],
  shared.map(({ adapter, processes, good, wrong, redis }) => [
    nameOf(adapter),
    String(processes),
    good.toFixed(1),
    wrong.toFixed(1),
    redis.toFixed(1),
  ]),
)}`;
}

function namesSection({ pairs, kept, tests }: NamesResults): string {
  return `## Usernames by time

\`npm run bench:names\`: wrong passwords, each of them new, for a user there is and for one there is not, in turns and in random
order within each of the ${pairs.toLocaleString('en')} pairs; time until the answer, as the client sees it. Of both, the slowest
${Math.round((1 - kept) * 100)} % are left out. Welch's t is that of known against unknown users; from ±${TELLING} on, they can be told apart. The
naive verifier, which compares no hash for a user there is not, shows that the test can tell.

${table(
  ['verifier, bcrypt (cost 4)', 'known, µs', 'unknown, µs', 'difference, µs', 'degrees of freedom', 't', ''],
  tests.map(({ verifier, known, unknown, difference: { value, low, high }, freedom, t }) => [
    verifier,
    known.toFixed(1),
    unknown.toFixed(1),
    `${value.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`,
    freedom.toFixed(0),
    t.toFixed(2),
    Math.abs(t) < TELLING ? 'not told apart' : 'told apart',
  ]),
)}`;
}

function method({ packages }: Environment): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `## Method

- Each application has a process of its own, which is asked its rows, with \`NODE_ENV=production\` and without a log. The load comes from another
  process, over 8 connections that stay open, without pipelining. What is measured is the CPU time of the server process
  (\`process.cpuUsage()\`) for one request, so the cost of the client does not count, nor does waiting.
- All processes of one adapter take turns in random order, a dozen slices of the load each, of some two milliseconds; what counts is the CPU time of
  **the fastest hundredth of all slices** of a subject, of all its launches. Whatever else a shared machine does only ever slows a process
  down, here by up to a factor of two and for seconds at a time: the median of all slices is that of the neighbours, and so are the
  ratios of medians. Of what other threads work at, such as hashes, a slice is two dozen requests with none under way at either end.
  Garbage is hardly ever collected in those slices; what a guard allocates is in the table of single calls.
- V8 compiles a function once it was called often enough, and again when what it calls was. With its own numbers that goes on until a
  process has answered 20,000 requests and more; so it is told to compile sooner
  (\`--invocation-count-for-maglev=100 --invocation-count-for-turbofan=500\`, on Node 24).
- On Node 20, V8 gives every request and response of Express a hidden class of its own, since they are given another prototype: Express
  then takes about three times as long for everything, guards included. On Node 24 they share theirs.
- The processes run with \`--no-memory-reducer --min-semi-space-size=16\`: otherwise V8 shrinks their heaps while they wait for their turn,
  and each turn begins with thousands of page faults, which no server has that is under load all the time.
- All processes are started anew several times, because two launches of one program differ by more than two slices of one. The
  intervals are bootstrapped over launches, and widened as those of so few must be.
- "Empty guard, again" is the empty guard in a second process. Its distance from 1 is the error of the method.
- Every answer's status is checked. All verifiers of one row are the same function, but
  for that of @fastify/bearer-auth, which takes a set of tokens. Tokens that are "first seen" are issued while
  the load is sent, none of them twice.
- "Ten lines by hand" is the guard that is written where there is no library, of the same verifier: no challenge, no limits, and no strict
  parser.
- \`AuthGuard\` and the guards of the floors are global, as this library's is. For \`@Public()\` the peer is the guard that Nest's
  documentation makes of \`AuthGuard\` with a \`Reflector\`.
- bcrypt is measured at its lowest cost, 4: at 10 the hash takes 64 times as long, and no guard makes a difference. Where
  it is "remembered", it is the hash of \`users()\` at cost 10, and the first request is the only one that is held to it.
- Each connection repeats its credentials, as those of browsers, \`git\` and MCP clients do, and this library then reads them once. Behind a
  proxy whose connections are shared that is not so: those rows are of users who take turns, so that no connection repeats any.
- jsonwebtoken, and so passport-jwt, knows no EdDSA.

\`npm run bench\` measures all of this anew, \`npm run bench -- --quick\` in five minutes, \`--adapter fastify\` what runs on one adapter, and
\`--only <pattern>\` what is called so, which it only prints; \`--report\` writes this page from [the results](../bench/results.json), and \`--check\` fails where a bar is missed.

Versions: ${versions.join(', ')}.`;
}
