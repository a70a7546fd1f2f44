import { availableParallelism, cpus } from 'node:os';
import { createRequire } from 'node:module';
import type { Environment, Results } from './results.js';
import { type Launch, launchOf, shuffled } from './statistics.js';
import { SubjectProcess } from './subject.process.js';
import { applicationsOf, type Group, heatsOf, type Material, type Subject } from './subjects.js';
import { Issuer } from './tokens.js';

/** How much is measured. */
export interface Plan {
  /** How often every process is started anew, if there is time; twice, if there is not. */
  readonly launches: number;
  /** How long it may all take. */
  readonly minutes: number;
  /** Which subjects there is time for. */
  readonly takes: (subject: Subject) => boolean;
}

export const plans = {
  full: { launches: 10, minutes: 43, takes: () => true },
  // It takes longer to start a process than to measure it. Of the algorithms of tokens, the most usual one stands for all.
  quick: {
    launches: 2,
    minutes: 4.5,
    takes: ({ row: { credentials: of } }) => of.kind !== 'jwt' || of.algorithm === 'RS256',
  },
} as const satisfies Record<string, Plan>;

/** A single launch shows nothing of how far two of them differ. */
const LEAST_LAUNCHES = 2;

/** How many plain requests go ahead, so that most of the server's code is compiled. The slices until the rest is are no fast ones. */
const WARM_UP = 1000;

/** Fewer rounds say nothing, however little time there is. */
const LEAST_ROUNDS = 5;

/** The part of a launch that must fit in the time that is left: a last one that ends a little late is worth more than none. */
const LATE = 0.8;

/** What has been measured, by heats. */
type Heats = Record<string, Record<string, Launch[]>>;

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
  const thereIsTime = () => performance.now() + longest * LATE < end;
  for (let launch = 1; launch <= plan.launches && (launch <= LEAST_LAUNCHES || thereIsTime()); launch++) {
    const begin = performance.now();
    let left = members.size * (plan.launches - launch + 1);
    for (const [heat, of] of shuffled([...members], Math.random)) {
      const deadline = performance.now() + (end - performance.now()) / left--;
      const launched = applicationsOf(of).map((all) => SubjectProcess.launch(all, material, issuer));
      const processes = (await Promise.all(launched)).flat();
      const rounds = await measureTogether(processes, deadline, heats[heat] as Heats[string]);
      say(`launch ${launch} of ${plan.launches}, ${heat}: ${rounds} rounds`);
    }
    longest = Math.max(longest, performance.now() - begin);
  }
  /* oxlint-enable no-await-in-loop */

  server.close();
  return { environment: environment(mode), heats };
}

/** Has all subjects of a heat take turns until the deadline, in another random order each time. */
async function measureTogether(
  processes: readonly SubjectProcess[],
  deadline: number,
  launches: Record<string, Launch[]>,
): Promise<number> {
  const found = new Map<string, number[]>(processes.map(({ subject }) => [subject.id, []]));
  /* oxlint-disable no-await-in-loop -- one measurement at a time */
  await Promise.all(processes.map((process) => process.run(WARM_UP)));
  let rounds = 0;
  while (rounds < LEAST_ROUNDS || performance.now() < deadline) {
    for (const process of shuffled(processes, Math.random)) {
      found.get(process.subject.id)?.push(...(await process.turn()));
    }
    rounds++;
  }
  await Promise.all(processes.map((process) => process.stop()));
  /* oxlint-enable no-await-in-loop */
  for (const [id, slices] of found) launches[id]?.push(launchOf(slices));
  return rounds;
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
