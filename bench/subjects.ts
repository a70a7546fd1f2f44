import type { Server } from 'node:http';
import type { Adapter } from './applications/nest.js';
import { floorRows, jwtRows, type Row, rows, sendAlike, turnsRow } from './rows.js';
import { type Algorithm, algorithms, type Keys } from './tokens.js';

/** What a subject runs on. */
export type Group = 'nest-express' | 'nest-fastify' | 'express' | 'fastify';

/** What an application is asked. */
export interface Subject {
  readonly id: string;
  /** The application, which has a process of its own: it is started once for all that it is asked. */
  readonly application: string;
  readonly group: Group;
  /** The library that guards the route, or what stands in its place. */
  readonly contender: string;
  readonly row: Row;
  start(material: Material): Promise<Server>;
}

/** What verifies tokens. */
export interface Material {
  readonly keys: Keys;
  readonly jwksUri: string;
}

export const LIBRARY = 'nestjs-http-auth';
export const PASSPORT = '@nestjs/passport';
export const BY_HAND = 'ten lines by hand';

/** What the ratios are to. */
export const floors = {
  unguarded: 'no guard',
  empty: 'empty guard',
  /** The same again, in a process of its own: it shows by how much two equals seem to differ. */
  twin: 'empty guard, again',
  refusing: 'three-line guard',
  /** The three-line guard with a `ForbiddenException`. */
  forbidding: 'three-line guard, 403',
} as const;

type Start = Subject['start'];

// A process loads the applications of its own subject only.
const ground = () => import('./applications/floors.js');
const byHand = () => import('./applications/by-hand.js');
const library = () => import('./applications/library.js');
const passport = () => import('./applications/passport.js');
const oauth2 = () => import('./applications/oauth2.js');
const bareExpress = () => import('./applications/bare-express.js');
const bareFastify = () => import('./applications/bare-fastify.js');

/** The subjects that one application is asked: a row each. */
function asked(
  group: Group,
  contender: string,
  application: string,
  start: Start,
  ...rowsOf: readonly Row[]
): Subject[] {
  return rowsOf.map((row) => ({
    id: `${group} ${contender} ${row.id}`,
    application: `${group} ${contender} (${application})`,
    group,
    contender,
    row,
    start,
  }));
}

/** A row for a subject to whom it is no more than a plain request. */
const quick = (row: Row): Row => ({ ...row, weight: 1 });
/** What a peer with Basic alone is asked of one application. */
const basicRows = [rows.basic, rows.missing, rows.wrong];
const repeatedRows = jwtRows.filter(({ credentials }) => !credentials.fresh);
const firstSeenRows = jwtRows.filter(({ credentials }) => credentials.fresh);

/** The rows of tokens by the algorithm that those are signed with, where an application verifies one alone. */
const byAlgorithm = algorithms.map((algorithm) => ({
  algorithm,
  rows: jwtRows.filter(({ credentials }) => credentials.algorithm === algorithm),
}));

function onNest(adapter: Adapter): Subject[] {
  const of = (contender: string, application: string, start: Start, ...rowsOf: readonly Row[]) =>
    asked(`nest-${adapter}`, contender, application, start, ...rowsOf);
  const floor = (contender: string, start: Start, ...rowsOf: readonly Row[]) =>
    of(contender, 'floor', start, ...rowsOf);
  const byJwt =
    (algorithm: Algorithm): Start =>
    async ({ keys, jwksUri }) =>
      (await library()).byJwt(adapter, algorithm, keys, jwksUri);
  // With the credentials of each row as well: Node reads them, whatever the guard does.
  const letIn = [floorRows.open, rows.basic, rows.bearer, ...repeatedRows.map(quick)];

  return [
    ...floor(floors.unguarded, async () => (await ground()).unguarded(adapter), floorRows.open),
    ...floor(floors.empty, async () => (await ground()).empty(adapter), ...letIn),
    ...floor(floors.twin, async () => (await ground()).empty(adapter), floorRows.open),
    ...floor(floors.refusing, async () => (await ground()).refusing(adapter), floorRows.refused, rows.wrong),
    ...floor(floors.forbidding, async () => (await ground()).forbidding(adapter), floorRows.forbidden),

    ...of(LIBRARY, 'Basic', async () => (await library()).byBasic(adapter), rows.public, rows.basic, rows.missing),
    ...of(LIBRARY, 'Bearer', async () => (await library()).byBearer(adapter), rows.bearer, rows.scope),
    ...of(LIBRARY, 'both', async () => (await library()).byBoth(adapter), rows.two, rows.missingTwo),
    ...of(LIBRARY, 'bcrypt', async () => (await library()).byBcrypt(adapter), rows.bcrypt),
    ...of(LIBRARY, 'no limits', async () => (await library()).byUnlimited(adapter), rows.wrong),
    ...of(
      LIBRARY,
      'stored bcrypt',
      async () => (await library()).byStoredBcrypt(adapter),
      rows.remembered,
      rows.rememberedTurns,
    ),
    ...repeatedRows.flatMap((row) => {
      const { algorithm } = row.credentials;
      return of(LIBRARY, algorithm, byJwt(algorithm), quick(row), ...(algorithm === 'RS256' ? [turnsRow] : []));
    }),
    // Apart: tokens that come once fill the memory of those that are repeated.
    ...firstSeenRows.flatMap((row) => {
      const { algorithm } = row.credentials;
      return of(LIBRARY, `${algorithm}, first seen`, byJwt(algorithm), row);
    }),

    ...of(BY_HAND, 'Basic', async () => (await byHand()).byTenLines(adapter), rows.basic),

    ...of(PASSPORT, 'recipe', async () => (await passport()).byRecipe(adapter), rows.public),
    ...of(PASSPORT, 'Basic', async () => (await passport()).byBasic(adapter), ...basicRows),
    ...of(PASSPORT, 'Bearer', async () => (await passport()).byBearer(adapter), rows.bearer),
    ...of(PASSPORT, 'both', async () => (await passport()).byBoth(adapter), rows.two, rows.missingTwo),
    ...of(PASSPORT, 'bcrypt', async () => (await passport()).byBcrypt(adapter), rows.bcrypt),
    // jsonwebtoken, which passport-jwt is made of, knows no EdDSA.
    ...byAlgorithm
      .filter(({ algorithm }) => algorithm !== 'EdDSA')
      .flatMap(({ algorithm, rows: tokens }) =>
        of(PASSPORT, algorithm, async ({ keys }) => (await passport()).byJwt(adapter, algorithm, keys), ...tokens),
      ),
  ];
}

function onNestOnExpress(): Subject[] {
  // No 401: Nest answers 500 to the error that this middleware refuses with.
  return byAlgorithm.flatMap(({ algorithm, rows: tokens }) => {
    const start: Start = async ({ keys, jwksUri }) => (await oauth2()).byJwt(algorithm, keys, jwksUri);
    return asked('nest-express', 'express-oauth2-jwt-bearer', algorithm, start, ...tokens);
  });
}

function onExpress(): Subject[] {
  const name = 'express-basic-auth';
  return [
    ...asked('express', floors.unguarded, 'floor', async () => (await bareExpress()).unguarded(), floorRows.open),
    ...asked('express', name, 'Basic', async () => (await bareExpress()).byBasic(), ...basicRows),
    ...asked('express', name, 'bcrypt', async () => (await bareExpress()).byBcrypt(), rows.bcrypt),
  ];
}

function onFastify(): Subject[] {
  const basic = '@fastify/basic-auth';
  const bearer = '@fastify/bearer-auth';
  return [
    ...asked('fastify', floors.unguarded, 'floor', async () => (await bareFastify()).unguarded(), floorRows.open),
    ...asked('fastify', basic, 'Basic', async () => (await bareFastify()).byBasic(), ...basicRows),
    ...asked('fastify', basic, 'bcrypt', async () => (await bareFastify()).byBcrypt(), rows.bcrypt),
    ...asked('fastify', bearer, 'Bearer', async () => (await bareFastify()).byBearer(), rows.bearer, rows.missing),
  ];
}

export const subjects: readonly Subject[] = [
  ...onNest('express'),
  ...onNestOnExpress(),
  ...onNest('fastify'),
  ...onExpress(),
  ...onFastify(),
];

/** The framework below a subject. */
export const adapterOf = ({ group }: Pick<Subject, 'group'>): Adapter =>
  group.endsWith('express') ? 'express' : 'fastify';

/**
 * What a subject is compared with: the least guard that answers as it does, or no guard on a bare framework, asked with the same
 * credentials where it is, since Node reads them, whatever the guard does.
 */
export function floorOf({ group, row }: Pick<Subject, 'group' | 'row'>): Subject {
  const contender = group.startsWith('nest-') ? leastGuard(row) : floors.unguarded;
  const found = subjects.filter((floor) => floor.group === group && floor.contender === contender);
  return found.find((floor) => sendAlike(floor.row, row)) ?? (found[0] as Subject);
}

function leastGuard({ status }: Row): string {
  if (status === 200) return floors.empty;
  return status === 401 ? floors.refusing : floors.forbidding;
}

/** Whether a subject is what others are compared with. */
export const isFloor = ({ contender }: Pick<Subject, 'contender'>): boolean =>
  (Object.values(floors) as string[]).includes(contender);

/** What runs in each heat of such subjects, which is all that is measured together: they, on one adapter, and what they are compared with. */
export function heatsOf(chosen: readonly Subject[]): ReadonlyMap<Adapter, readonly Subject[]> {
  return new Map([...groupedBy(chosen, adapterOf)].map(([adapter, all]) => [adapter, withFloors(all)]));
}

/** Subjects by their applications. */
export function applicationsOf(of: readonly Subject[]): (readonly Subject[])[] {
  return [...groupedBy(of, ({ application }) => application).values()];
}

function groupedBy<Key>(of: readonly Subject[], keyOf: (subject: Subject) => Key): Map<Key, readonly Subject[]> {
  const keys = [...new Set(of.map(keyOf))];
  return new Map(keys.map((key) => [key, of.filter((each) => keyOf(each) === key)]));
}

function withFloors(of: readonly Subject[]): Subject[] {
  return [...new Set(of.flatMap((each) => [unguardedOf(each.group), floorOf(each), each]))];
}

/** The route without a guard on a subject's own framework. */
export function unguardedOf(group: Group): Subject {
  return subjects.find((each) => each.group === group && each.contender === floors.unguarded) as Subject;
}
