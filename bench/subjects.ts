import type { Server } from 'node:http';
import type { Adapter } from './applications/nest.js';
import { floorRows, jwtRows, type Row, rows, sendAlike, turnsRow } from './rows.js';
import type { Keys } from './tokens.js';

/** What a subject runs on. */
export type Group = 'nest-express' | 'nest-fastify' | 'express' | 'fastify';

/** An application with what it is asked; it has a process of its own. */
export interface Subject {
  readonly id: string;
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

const subject = (group: Group, contender: string, row: Row, start: Start): Subject => ({
  id: `${group} ${contender} ${row.id}`,
  group,
  contender,
  row,
  start,
});

/** A row for a subject to whom it is no more than a plain request. */
const quick = (row: Row): Row => ({ ...row, weight: 1 });
const repeatedRows = jwtRows.filter(({ credentials }) => !credentials.fresh);

function onNest(adapter: Adapter): Subject[] {
  const of = (contender: string, row: Row, start: Start) => subject(`nest-${adapter}`, contender, row, start);

  return [
    of(floors.unguarded, floorRows.open, async () => (await ground()).unguarded(adapter)),
    // With the credentials of each row as well: Node reads them, whatever the guard does.
    ...[floorRows.open, rows.basic, rows.bearer, ...repeatedRows.map(quick)].map((row) =>
      of(floors.empty, row, async () => (await ground()).empty(adapter)),
    ),
    of(floors.twin, floorRows.open, async () => (await ground()).empty(adapter)),
    ...[floorRows.refused, rows.wrong].map((row) =>
      of(floors.refusing, row, async () => (await ground()).refusing(adapter)),
    ),
    of(floors.forbidding, floorRows.forbidden, async () => (await ground()).forbidding(adapter)),

    of(LIBRARY, rows.public, async () => (await library()).byBasic(adapter)),
    of(LIBRARY, rows.basic, async () => (await library()).byBasic(adapter)),
    of(LIBRARY, rows.bearer, async () => (await library()).byBearer(adapter)),
    of(LIBRARY, rows.two, async () => (await library()).byBoth(adapter)),
    of(LIBRARY, rows.bcrypt, async () => (await library()).byBcrypt(adapter)),
    of(LIBRARY, rows.missing, async () => (await library()).byBasic(adapter)),
    of(LIBRARY, rows.wrong, async () => (await library()).byUnlimited(adapter)),
    of(LIBRARY, rows.scope, async () => (await library()).byBearer(adapter)),
    of(LIBRARY, rows.missingTwo, async () => (await library()).byBoth(adapter)),
    ...[rows.remembered, rows.rememberedTurns].map((row) =>
      of(LIBRARY, row, async () => (await library()).byStoredBcrypt(adapter)),
    ),
    of(LIBRARY, turnsRow, async ({ keys, jwksUri }) => (await library()).byJwt(adapter, 'RS256', keys, jwksUri)),
    ...jwtRows.map((row) =>
      of(LIBRARY, row.credentials.fresh ? row : quick(row), async ({ keys, jwksUri }) =>
        (await library()).byJwt(adapter, row.credentials.algorithm, keys, jwksUri),
      ),
    ),

    of(BY_HAND, rows.basic, async () => (await byHand()).byTenLines(adapter)),

    of(PASSPORT, rows.public, async () => (await passport()).byRecipe(adapter)),
    of(PASSPORT, rows.basic, async () => (await passport()).byBasic(adapter)),
    of(PASSPORT, rows.bearer, async () => (await passport()).byBearer(adapter)),
    of(PASSPORT, rows.two, async () => (await passport()).byBoth(adapter)),
    of(PASSPORT, rows.bcrypt, async () => (await passport()).byBcrypt(adapter)),
    of(PASSPORT, rows.missing, async () => (await passport()).byBasic(adapter)),
    of(PASSPORT, rows.wrong, async () => (await passport()).byBasic(adapter)),
    of(PASSPORT, rows.missingTwo, async () => (await passport()).byBoth(adapter)),
    // jsonwebtoken, which passport-jwt is made of, knows no EdDSA.
    ...jwtRows
      .filter(({ credentials }) => credentials.algorithm !== 'EdDSA')
      .map((row) =>
        of(PASSPORT, row, async ({ keys }) => (await passport()).byJwt(adapter, row.credentials.algorithm, keys)),
      ),
  ];
}

function onNestOnExpress(): Subject[] {
  // No 401: Nest answers 500 to the error that this middleware refuses with.
  return jwtRows.map((row) =>
    subject('nest-express', 'express-oauth2-jwt-bearer', row, async ({ keys, jwksUri }) =>
      (await oauth2()).byJwt(row.credentials.algorithm, keys, jwksUri),
    ),
  );
}

function onExpress(): Subject[] {
  const name = 'express-basic-auth';
  return [
    subject('express', floors.unguarded, floorRows.open, async () => (await bareExpress()).unguarded()),
    subject('express', name, rows.basic, async () => (await bareExpress()).byBasic()),
    subject('express', name, rows.bcrypt, async () => (await bareExpress()).byBcrypt()),
    subject('express', name, rows.missing, async () => (await bareExpress()).byBasic()),
    subject('express', name, rows.wrong, async () => (await bareExpress()).byBasic()),
  ];
}

function onFastify(): Subject[] {
  const basic = '@fastify/basic-auth';
  const bearer = '@fastify/bearer-auth';
  return [
    subject('fastify', floors.unguarded, floorRows.open, async () => (await bareFastify()).unguarded()),
    subject('fastify', basic, rows.basic, async () => (await bareFastify()).byBasic()),
    subject('fastify', basic, rows.bcrypt, async () => (await bareFastify()).byBcrypt()),
    subject('fastify', basic, rows.missing, async () => (await bareFastify()).byBasic()),
    subject('fastify', basic, rows.wrong, async () => (await bareFastify()).byBasic()),
    subject('fastify', bearer, rows.bearer, async () => (await bareFastify()).byBearer()),
    subject('fastify', bearer, rows.missing, async () => (await bareFastify()).byBearer()),
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
  const adapters = [...new Set(chosen.map(adapterOf))];
  return new Map(
    adapters.map((adapter) => [adapter, withFloors(chosen.filter((each) => adapterOf(each) === adapter))]),
  );
}

function withFloors(of: readonly Subject[]): Subject[] {
  return [...new Set(of.flatMap((each) => [unguardedOf(each.group), floorOf(each), each]))];
}

/** The route without a guard on a subject's own framework. */
export function unguardedOf(group: Group): Subject {
  return subjects.find((each) => each.group === group && each.contender === floors.unguarded) as Subject;
}
