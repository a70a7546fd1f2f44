import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProtectedPaths } from '../libs/http-auth/src/door/paths/protected.paths.js';
import type { ReadingOptions, Refusal } from '../libs/http-auth/src/door/paths/readings.js';
import { type Consumer, startConsumers } from './support/consumers.js';
import { Random, targetOf } from './support/targets.js';

/**
 * How many targets a run tries. The default fits into a minute. `DOOR_TARGETS=2000000 npm test -- test/door.targets` tries
 * more, and `DOOR_SEED=1234` repeats a run.
 */
const TARGETS = Number(process.env['DOOR_TARGETS'] ?? 200_000);
const SEED = Number(process.env['DOOR_SEED'] ?? Date.now() % 1_000_000);
const FIXED_SEED = 16;

/** Protected paths with their exceptions. The name of a path is its policy. */
type Setup = Record<string, { except?: readonly string[] }>;

const whole: Setup = {
  '/': { except: ['/health', '/.well-known/acme-challenge/', '/open/health'] },
  '/open': {},
  '/open/inner': { except: ['/open/inner/b.txt'] },
  '/open/inner/lax': {},
};
const setups: [name: string, setup: Setup, options?: ReadingOptions][] = [
  ['a closed server with open folders', whole],
  [
    'an open server with closed paths',
    { '/secret': {}, '/payroll.csv': {}, '/Docs': {}, '/café': {}, '/my docs': {}, '/open/inner': {} },
  ],
  [
    'other folders',
    {
      '/': { except: ['/home.txt'] },
      '/secret': {},
      '/Docs': {},
      '/café': {},
      '/my docs': {},
      '/open': { except: ['/open/inner/'] },
    },
  ],
  ['dot segments allowed', whole, { dotSegments: true }],
];

type Judge = (target: string) => readonly string[] | Refusal;

/** Returns the policy that a place needs, by the plainest code: places are not ambiguous. */
function policyOfPlace(setup: Setup, place: string): string | undefined {
  let root: string | undefined;
  for (const one in setup) {
    const within = one === '/' || place === one || place.startsWith(`${one}/`);
    if (within && one.length > (root?.length ?? 0)) root = one;
  }
  const except = root === undefined ? [] : (setup[root]?.except ?? []);
  return except.some((one) => place === one || (one.endsWith('/') && place.startsWith(one))) ? undefined : root;
}

function judgeOf(setup: Setup, options?: ReadingOptions): Judge {
  const paths = new ProtectedPaths<string>(options);
  for (const [path, { except = [] }] of Object.entries(setup)) paths.protect(path, path, { except });
  return (target) => paths.policiesOf(target);
}

interface Result {
  readonly escapes: string[];
  readonly refused: number;
  /** How often each consumer served a protected place for a target that was not refused. */
  readonly served: Map<string, number>;
}

/** Checks that the door asks for the policy of each place that a consumer serves. */
async function compare(
  consumers: readonly Consumer[],
  judges: readonly Judge[],
  seed: number,
  targets: number,
): Promise<Result> {
  const random = new Random(seed);
  const result = { escapes: [] as string[], refused: 0, served: new Map<string, number>() };
  const check = async (target: string, index: number): Promise<void> => {
    const verdicts = judges.map((judge) => judge(target));
    if (verdicts.every((verdict) => 'refused' in verdict)) {
      result.refused++;
      return;
    }
    for (const consumer of consumers) {
      if (index % consumer.every !== 0) continue;
      const places = await placesOf(consumer, target);
      for (const place of new Set(places)) {
        verdicts.forEach((verdict, which) => {
          const policy = policyOfPlace(setups[which]?.[1] as Setup, place);
          if (policy === undefined || 'refused' in verdict) return;
          result.served.set(consumer.name, (result.served.get(consumer.name) ?? 0) + 1);
          if (verdict.includes(policy)) return;
          result.escapes.push(
            `${target} leads ${consumer.name} to ${place}, without the policy of ${policy} (${setups[which]?.[0]})`,
          );
        });
      }
    }
  };
  for (let index = 0; index < targets; index += 64) {
    await Promise.all(Array.from({ length: 64 }, (_, offset) => check(targetOf(random), index + offset)));
  }
  return result;
}

/** A consumer that rejects a target serves nothing. */
async function placesOf(consumer: Consumer, target: string): Promise<readonly string[]> {
  try {
    return await consumer.read(target);
  } catch {
    return [];
  }
}

describe('Request targets at the door', () => {
  let consumers: Consumer[];
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    ({ consumers, close } = await startConsumers());
  });
  afterAll(() => close());

  it.each([
    ['the fixed seed', FIXED_SEED],
    ['a new seed', SEED],
  ])(
    'ask for the policy of every place that a consumer serves, with %s (%i)',
    async (_name, seed) => {
      const judges = setups.map(([, setup, options]) => judgeOf(setup, options));
      const { escapes, refused, served } = await compare(consumers, judges, seed, TARGETS / 2);
      expect({ seed, escapes: escapes.slice(0, 20), count: escapes.length }).toEqual({ seed, escapes: [], count: 0 });
      // If all targets were refused, or nothing were served, the test would be useless.
      expect(refused).toBeLessThan(TARGETS / 4);
      expect(consumers.filter(({ name }) => (served.get(name) ?? 0) < TARGETS / 1000)).toEqual([]);
    },
    600_000,
  );

  it('would find a door that compares the path as it is', async () => {
    const judges = setups.map(([, setup]): Judge => (target) => {
      const policy = policyOfPlace(setup, target.replace(/\?.*$/s, ''));
      return policy === undefined ? [] : [policy];
    });
    const { escapes } = await compare(consumers, judges, FIXED_SEED, 12_800);
    const deceived = consumers.filter(({ name }) => escapes.some((escape) => escape.includes(` leads ${name} to `)));
    expect(consumers.filter((consumer) => !deceived.includes(consumer)).map(({ name }) => name)).toEqual([]);
  }, 300_000);
});
