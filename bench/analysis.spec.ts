import { describe, expect, it } from '@jest/globals';
import { Analysis, verdict } from './analysis.js';
import type { Results } from './results.js';
import { launchOf } from './statistics.js';
import { applicationsOf, heatsOf, isFloor, LIBRARY, type Subject, subjects } from './subjects.js';

const byId = (one: Subject, other: Subject) => (one.id < other.id ? -1 : 1);
const estimateOf = (low: number, high: number) => ({ value: (low + high) / 2, low, high });

describe('A bar', () => {
  it.each([
    ['missed', 1.051, 1.2],
    ['not shown', 1.04, 1.06],
    ['not shown', 1.05, 1.06],
    ['met', 1.01, 1.05],
    ['met', 0.9, 0.95],
  ])('of 1.05 is %s by an interval from %d to %d', (expected, low, high) => {
    expect(verdict({ limit: 1.05, found: estimateOf(low, high) })).toBe(expected);
  });
});

/** Results in which every subject takes as much CPU time as `micros` says. */
function resultsOf(micros: (id: string) => number): Results {
  const environment = { date: '', mode: '', node: '', cpu: '', packages: {} };
  const heats = Object.fromEntries(
    [...heatsOf(subjects)].map(([heat, members]) => [
      heat,
      Object.fromEntries(members.map(({ id }) => [id, [launchOf([micros(id)]), launchOf([micros(id)])]])),
    ]),
  );
  return { environment, heats };
}

describe('A heat', () => {
  it('has what was chosen on its adapter, what that is compared with, and nothing else', () => {
    const chosen = subjects.filter(({ row }) => row.id === '401-wrong');
    const heats = heatsOf(chosen);
    expect([...heats.keys()]).toEqual(['express', 'fastify']);
    expect(heats.get('fastify')?.map(({ id }) => id)).toEqual([
      'nest-fastify no guard open',
      'nest-fastify three-line guard 401-wrong',
      'nest-fastify nestjs-http-auth 401-wrong',
      'nest-fastify @nestjs/passport 401-wrong',
      'fastify no guard open',
      'fastify @fastify/basic-auth 401-wrong',
    ]);
  });
});

describe('An analysis', () => {
  it('has a bar for each row of the library, on either adapter, and one for each peer of it', () => {
    const { bars } = new Analysis(resultsOf(() => 10));
    const texts = bars.map(({ group, text }) => `${group}: ${text}`);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).toEqual(
      expect.arrayContaining([
        'nest-express: Basic, plain verifier, of the empty guard',
        'nest-fastify: 401, no credentials, of the three-line guard',
        'nest-express: Basic, plain verifier, of express-basic-auth',
        'nest-fastify: Bearer, opaque token, of @fastify/bearer-auth',
      ]),
    );
    expect(texts.filter((text) => /nest-fastify.*express-|nest-express.*@fastify/.test(text))).toEqual([]);
  });

  it('compares a peer without Nest by what it adds to its own unguarded route', () => {
    const { bars } = new Analysis(
      resultsOf((id) => {
        if (id === 'nest-fastify nestjs-http-auth basic') return 33;
        if (id === 'fastify @fastify/basic-auth basic') return 15;
        return id.startsWith('nest-') ? 30 : 10;
      }),
    );
    const bar = bars.find(({ text }) => text === 'Basic, plain verifier, of @fastify/basic-auth');
    expect(bar?.found.value).toBeCloseTo(33 / (30 + 15 - 10), 10);
    expect(bar && verdict(bar)).toBe('met');
  });

  it('holds a row to the floor that was asked with the same credentials', () => {
    const { bars } = new Analysis(
      resultsOf((id) => (id === 'nest-fastify empty guard bearer' || id.includes('nestjs-http-auth') ? 12 : 10)),
    );
    const found = (text: string) => bars.find((bar) => bar.group === 'nest-fastify' && bar.text === text)?.found.value;
    expect(found('Bearer, opaque token, of the empty guard')).toBe(1);
    expect(found('Basic, plain verifier, of the empty guard')).toBe(1.2);
    expect(bars.filter(({ text }) => / of (empty|three)/.test(text))).toEqual([]);
  });

  it('doubts results in which two equals differ', () => {
    expect(new Analysis(resultsOf(() => 10)).doubts).toEqual([]);
    const unequal = new Analysis(resultsOf((id) => (id.includes('again') && id.includes('express') ? 12 : 10)));
    expect(unequal.doubts).toEqual([expect.stringContaining('1.200')]);
  });

  it('says nothing of what was not measured', () => {
    const { heats, environment } = resultsOf(() => 10);
    const few = Object.fromEntries(
      Object.entries(heats).map(([heat, of]) => [
        heat,
        Object.fromEntries(subjects.filter(isFloor).flatMap(({ id }) => (of[id] === undefined ? [] : [[id, of[id]]]))),
      ]),
    );
    const { bars, findings } = new Analysis({ environment, heats: few });
    expect(findings.map(({ subject }) => subject)).toEqual(subjects.filter(isFloor));
    expect(bars).toEqual([]);
    expect(findings.map(({ micros }) => micros)).toEqual(findings.map(() => 10));
  });
});

describe('An application', () => {
  it('is of one contender, which it answers each row for once', () => {
    const applications = applicationsOf(subjects);
    expect(applications.flat().toSorted(byId)).toEqual(subjects.toSorted(byId));
    for (const of of applications) {
      expect(new Set(of.map(({ group, contender }) => `${group} ${contender}`)).size).toBe(1);
      expect(new Set(of.map(({ row }) => row.id)).size).toBe(of.length);
    }
  });

  it('of this library is not asked for tokens that come once beside those that are repeated', () => {
    const ofTokens = applicationsOf(subjects.filter(({ contender }) => contender === LIBRARY)).map((of) =>
      of.flatMap(({ row: { credentials } }) => (credentials.kind === 'jwt' ? [credentials.fresh] : [])),
    );
    expect(ofTokens.filter((fresh) => fresh.includes(true) && fresh.includes(false))).toEqual([]);
    expect(ofTokens.flat()).toContain(true);
  });
});

describe('The subjects', () => {
  it('have an id each', () => {
    expect(new Set(subjects.map(({ id }) => id)).size).toBe(subjects.length);
  });
});
