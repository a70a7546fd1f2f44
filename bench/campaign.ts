import { availableParallelism, cpus } from 'node:os';
import { createRequire } from 'node:module';
import type { Environment, Results } from './results.js';
import { shuffled } from './statistics.js';
import { SubjectProcess } from './subject.process.js';
import { adapterOf, floorOf, type Group, type Material, type Subject } from './subjects.js';
import { Issuer } from './tokens.js';

/** How much is measured. */
export interface Plan {
  /** How often every process is started anew, if there is time. */
  readonly launches: number;
  /** How long it may all take. */
  readonly minutes: number;
  /** How many plain requests one measurement is worth. */
  readonly requests: number;
  /** How many go ahead, so that the server's code is compiled: with less than 20,000, V8 still compiles the guard while it is measured. */
  readonly warmUp: number;
}

export const plans = {
  full: { launches: 7, minutes: 42, requests: 600, warmUp: 24_000 },
  quick: { launches: 2, minutes: 4.4, requests: 300, warmUp: 6000 },
} as const satisfies Record<string, Plan>;

/** How many times as long Express takes for the same: as many more requests make a measurement of the same length. */
const FASTER: Readonly<Record<Group, number>> = { 'nest-express': 1, express: 1, 'nest-fastify': 2, fastify: 3 };

/** Fewer rounds say nothing, however little time there is. */
const LEAST_ROUNDS = 5;

/** How many measurements one round of subjects has. */
const slotsOf = (of: readonly Subject[]) => of.length + new Set(of.map((subject) => floorOf(subject).id)).size;

/** Measures subjects: in each launch adapter by adapter, and in each round all of its subjects, in random order. */
export async function measure(
  chosen: readonly Subject[],
  plan: Plan,
  mode: string,
  say: (text: string) => void,
): Promise<Results> {
  const issuer = new Issuer();
  const { url: jwksUri, server } = await issuer.serve();
  const material: Material = { keys: issuer.keys(), jwksUri };
  const samples: Record<string, number[][]> = Object.fromEntries(chosen.map(({ id }) => [id, []]));

  /* oxlint-disable no-await-in-loop -- one measurement at a time */
  const end = performance.now() + plan.minutes * 60_000;
  let longest = 0;
  for (let launch = 1; launch <= plan.launches && performance.now() + longest < end; launch++) {
    const begin = performance.now();
    const left = (end - begin) / (plan.launches - launch + 1);
    for (const adapter of shuffled(['express', 'fastify'], Math.random)) {
      const members = chosen.filter((subject) => adapterOf(subject) === adapter);
      if (members.length === 0) continue;
      const deadline = performance.now() + (left * slotsOf(members)) / slotsOf(chosen);
      const rounds = await measureTogether(await launchAll(members, material, issuer), deadline, plan, samples);
      say(`launch ${launch} of ${plan.launches}: ${rounds} rounds of ${adapter}`);
    }
    longest = Math.max(longest, performance.now() - begin);
  }
  /* oxlint-enable no-await-in-loop */

  server.close();
  return { environment: environment(mode), samples };
}

/** The subjects in their processes, some of which are shared. */
async function launchAll(members: readonly Subject[], material: Material, issuer: Issuer): Promise<SubjectProcess[]> {
  const own = await Promise.all(
    members
      .filter(({ id, process }) => id === process)
      .map((subject) => SubjectProcess.launch(subject, material, issuer)),
  );
  const byId = new Map(own.map((process) => [process.subject.id, process]));
  return members.map(
    (subject) => byId.get(subject.id) ?? (byId.get(subject.process) as SubjectProcess).share(subject, issuer),
  );
}

async function measureTogether(
  processes: readonly SubjectProcess[],
  deadline: number,
  plan: Plan,
  samples: Record<string, number[][]>,
): Promise<number> {
  const members = processes.map(({ subject }) => subject);
  for (const { id } of members) samples[id]?.push([]);
  /* oxlint-disable no-await-in-loop -- one measurement at a time */
  for (const process of processes) {
    const { id, process: shared } = process.subject;
    // What shares a process has its code compiled by the other.
    await process.run(id === shared ? plan.warmUp : plan.requests);
  }
  let rounds = 0;
  while (rounds < LEAST_ROUNDS || performance.now() < deadline) {
    const found = new Map<string, number[]>(members.map(({ id }) => [id, []]));
    for (const process of roundOf(processes)) {
      found.get(process.subject.id)?.push(await process.measure(plan.requests * FASTER[process.subject.group]));
    }
    for (const [id, values] of found) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      samples[id]?.at(-1)?.push(Math.round(mean * 100) / 100);
    }
    rounds++;
  }
  const own = processes.filter(({ subject }) => subject.id === subject.process);
  await Promise.all(own.map((process) => process.stop()));
  /* oxlint-enable no-await-in-loop */
  return rounds;
}

/**
 * The order of a round. What is compared with one floor lies between two measurements of that, in random order, and less than a second
 * apart: a machine that others use too is faster and slower by turns, for seconds at a time.
 */
function roundOf(processes: readonly SubjectProcess[]): SubjectProcess[] {
  const floors = processes.filter(({ subject }) => floorOf(subject) === subject);
  return shuffled(floors, Math.random).flatMap((floor) => {
    const compared = processes.filter((process) => process !== floor && floorOf(process.subject) === floor.subject);
    return [floor, ...shuffled(compared, Math.random), floor];
  });
}

/** A group in the words of the report. */
export function title(group: Group): string {
  const names = { 'nest-express': 'Nest on Express', 'nest-fastify': 'Nest on Fastify', express: 'Express' } as const;
  return group === 'fastify' ? 'Fastify' : names[group];
}

const PACKAGES = [
  '@nestjs/core',
  'express',
  'fastify',
  '@nestjs/passport',
  'passport-http',
  'passport-http-bearer',
  'passport-jwt',
  'express-basic-auth',
  'express-oauth2-jwt-bearer',
  '@fastify/basic-auth',
  '@fastify/bearer-auth',
];

export function environment(mode: string): Environment {
  const { dependencies, devDependencies } = createRequire(import.meta.url)('../../package.json') as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const versions = { ...dependencies, ...devDependencies };
  return {
    date: new Date().toISOString().slice(0, 10),
    mode,
    node: process.version,
    cpu: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versions[name] ?? ''])),
  };
}
