// npm run bench -- [--adapter fastify|express|both] [--node 26] [--quick] [--only <text>] [--write]
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from './load.js';
import { type Row, rowsOf } from './rows.js';
import { type Adapter, subjects, supports } from './subjects.js';
import { Issuer } from './tokens.js';

const PAGE = 'docs/benchmarks.md';

const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'fastify' },
    node: { type: 'string', default: '26' },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const plan = values.quick ? { warmup: 300, rounds: 2, amount: 300 } : { warmup: 6000, rounds: 5, amount: 1200 };
const adapters = (values.adapter === 'both' ? ['fastify', 'express'] : [values.adapter]) as Adapter[];
const node = nodePath(values.node);
const issuer = new Issuer();

/** The median of the ratios to the empty guard in the same round, with the smallest and the largest ratio. */
interface Result {
  readonly subject: string;
  readonly micros: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Returns the path of a version of Node. The package `node` contains the binary. */
function nodePath(version: string): string {
  if (process.version.startsWith(`v${version}.`)) return process.execPath;
  const args = ['exec', '--yes', '--package', `node@${version}`, '--', 'node', '-p', 'process.execPath'];
  const output = execFileSync('npm', args);
  return output.toString().trim().split('\n').at(-1) as string;
}

/** A server process with one subject. */
class Server {
  private constructor(
    readonly subject: string,
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(adapter: Adapter, { kind, algorithm }: Row, subject: string): Promise<Server> {
    const file = fileURLToPath(new URL('server.process.js', import.meta.url));
    const args = [adapter, kind, subject, algorithm, JSON.stringify(issuer.keys)];
    const child = fork(file, args, { execPath: node, execArgv: [] });
    const [port] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [NaN])])) as [number];
    if (Number.isNaN(port)) throw new Error(`${subject} does not start`);
    return new Server(subject, child, port);
  }

  /** Returns the microseconds of CPU time for each request. */
  async measure(row: Row, amount: number): Promise<number> {
    const before = await this.cpuTime();
    await load(this.port, row, amount);
    return ((await this.cpuTime()) - before) / amount;
  }

  stop(): void {
    this.child.disconnect();
  }

  private async cpuTime(): Promise<number> {
    this.child.send('cpu');
    const [micros] = (await once(this.child, 'message')) as [number];
    return micros;
  }
}

/** Measures all subjects of a row in turn, several times, so that a slow phase of the machine affects all of them. */
async function measureRow(adapter: Adapter, row: Row): Promise<Result[]> {
  const names = Object.keys(subjects[row.kind] ?? {}).filter((name) => supports(name, adapter, row.algorithm));
  const servers = await Promise.all(names.map((name) => Server.start(adapter, row, name)));
  try {
    const rounds: number[][] = [];
    for (const server of servers) await server.measure(row, plan.warmup);
    for (let round = 0; round < plan.rounds; round++) {
      const micros: number[] = [];
      for (const server of servers) micros.push(await server.measure(row, plan.amount));
      rounds.push(micros);
    }
    return names.map((subject, index) => {
      const ratios = rounds
        .map((micros) => (micros[index] as number) / (micros[0] as number))
        .toSorted((a, b) => a - b);
      const micros = median(rounds.map((one) => one[index] as number).toSorted((a, b) => a - b));
      return { subject, micros, median: median(ratios), min: ratios[0] as number, max: ratios.at(-1) as number };
    });
  } finally {
    for (const server of servers) server.stop();
  }
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] as number;
const number = (value: number): string => value.toFixed(2);

const COLUMNS = ['library', 'by hand', 'fast-jwt by hand', 'passport', 'plugin'];

/** One line of the table. The plugins of the adapters share a column. */
function lineOf(row: Row, results: readonly Result[]): string {
  const cells = COLUMNS.map((column) => {
    const result = results.find(
      ({ subject }) => subject === column || (column === 'plugin' && /basic-auth|bearer/.test(subject)),
    );
    return result === undefined ? '—' : `${number(result.median)} (${number(result.min)}–${number(result.max)})`;
  });
  return `| ${[row.title, `${results[0]?.micros.toFixed(0)} µs`, ...cells].join(' | ')} |`;
}

/** The bars, with the result of each: on Fastify only. */
function barsOf(row: Row, results: readonly Result[]): string[] {
  const ratioOf = (name: string) => results.find(({ subject }) => subject === name)?.median;
  const library = ratioOf('library') as number;
  const bars: [string, number | undefined][] = [['the bar', row.bar]];
  if (row.title.startsWith('First')) {
    const fastJwt = ratioOf('fast-jwt by hand');
    bars.push(['passport-jwt', ratioOf('passport')], ['1.3 × fast-jwt', fastJwt && 1.3 * fastJwt]);
  }
  return bars.flatMap(([name, limit]) =>
    limit === undefined
      ? []
      : [`- ${library <= limit ? 'met' : '**not met**'}: ${row.title}: ${number(library)}, ${name}: ${number(limit)}`],
  );
}

const lines: string[] = [];
const bars: string[] = [];
for (const adapter of adapters) {
  const version = execFileSync(node, ['-v']).toString().trim();
  lines.push('', `${adapter === 'fastify' ? 'Fastify' : 'Express'}, Node ${version.slice(1)}:`, '');
  lines.push(
    `| row | empty guard | ${COLUMNS.map((name) => (name === 'library' ? 'nestjs-http-auth' : name)).join(' | ')} |`,
  );
  lines.push(`| --- |${' ---: |'.repeat(COLUMNS.length + 1)}`);
  for (const row of rowsOf(issuer).filter(({ title }) => title.includes(values.only))) {
    const results = await measureRow(adapter, row);
    lines.push(lineOf(row, results));
    console.log(lines.at(-1));
    if (adapter === 'fastify') bars.push(...barsOf(row, results));
  }
}
if (bars.length > 0) lines.push('', 'Goals on Fastify:', '', ...bars);
console.log(lines.join('\n'));
if (values.write) {
  const [head, , tail] = readFileSync(PAGE, 'utf8').split(/<!-- (?:results|end of results) -->/);
  writeFileSync(PAGE, `${head}<!-- results -->\n${lines.join('\n')}\n\n<!-- end of results -->${tail}`);
}
