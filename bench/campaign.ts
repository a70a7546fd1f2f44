import { availableParallelism, cpus } from 'node:os';
import { createRequire } from 'node:module';
import type { Environment, Results } from './results.js';
import { shuffled } from './statistics.js';
import { SubjectProcess } from './subject.process.js';
import { floorOf, type Group, heatsOf, type Material, type Subject } from './subjects.js';
import { Issuer } from './tokens.js';

/** How much is measured. */
export interface Plan {
  /** How often every process is started anew, if there is time. */
  readonly launches: number;
  /** How long it may all take. */
  readonly minutes: number;
  /** How many plain requests one measurement is worth. */
  readonly requests: number;
  /** How many go ahead, so that the server's code is compiled: with less than 6000, V8 still compiles the guard while it is measured. */
  readonly warmUp: number;
}

export const plans = {
  full: { launches: 6, minutes: 42, requests: 300, warmUp: 9000 },
  quick: { launches: 2, minutes: 4.2, requests: 200, warmUp: 6000 },
} as const satisfies Record<string, Plan>;

/** How many times as long Express takes for the same: as many more requests make a measurement of the same length. */
const FASTER: Readonly<Record<Group, number>> = { 'nest-express': 1, express: 1, 'nest-fastify': 2, fastify: 3 };

/** Fewer rounds say nothing, however little time there is. */
const LEAST_ROUNDS = 5;

/** The part of a launch that must fit in the time that is left: a last one that ends a little late is worth more than none. */
const LATE = 0.8;

/** What has been measured, by heats. */
type Heats = Record<string, Record<string, number[][]>>;

/** Measures subjects: in each launch heat by heat, and in each round all that the heat has, in random order. */
export async function measure(
  chosen: readonly Subject[],
  plan: Plan,
  mode: string,
  say: (text: string) => void,
): Promise<Results> {
  const issuer = new Issuer();
  const { url: jwksUri, server } = await issuer.serve();
  const material: Material = { keys: issuer.keys(), jwksUri };
  const members = heatsOf(chosen);
  const heats: Heats = Object.fromEntries(
    [...members].map(([heat, of]) => [heat, Object.fromEntries(of.map(({ id }) => [id, []]))]),
  );

  /* oxlint-disable no-await-in-loop -- one measurement at a time */
  const end = performance.now() + plan.minutes * 60_000;
  let longest = 0;
  for (let launch = 1; launch <= plan.launches && performance.now() + longest * LATE < end; launch++) {
    const begin = performance.now();
    let left = members.size * (plan.launches - launch + 1);
    let rounds = 0;
    for (const [heat, of] of shuffled([...members], Math.random)) {
      const deadline = performance.now() + (end - performance.now()) / left--;
      const processes = await Promise.all(of.map((subject) => SubjectProcess.launch(subject, material, issuer)));
      rounds += await measureTogether(processes, deadline, plan, heats[heat] as Heats[string]);
    }
    say(`launch ${launch} of ${plan.launches}: ${(rounds / members.size).toFixed(1)} rounds of each heat`);
    longest = Math.max(longest, performance.now() - begin);
  }
  /* oxlint-enable no-await-in-loop */

  server.close();
  return { environment: environment(mode), heats };
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
  for (const process of processes) await process.run(plan.warmUp);
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
  await Promise.all(processes.map((process) => process.stop()));
  /* oxlint-enable no-await-in-loop */
  return rounds;
}

/**
 * The order of a round. What is compared with one floor lies between two measurements of that, in random order, and less than a second
 * apart: a machine that others use too is faster and slower by turns, for seconds at a time.
 */
function roundOf(processes: readonly SubjectProcess[]): SubjectProcess[] {
  const floorIn = (process: SubjectProcess) =>
    processes.find(({ subject }) => subject === floorOf(process.subject)) ?? process;
  const floors = processes.filter((process) => floorIn(process) === process);
  return shuffled(floors, Math.random).flatMap((floor) => {
    const compared = processes.filter((process) => process !== floor && floorIn(process) === floor);
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
