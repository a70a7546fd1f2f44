import { describe, expect, it } from '@jest/globals';
import { adapters } from '../../support/application.js';
import { administration, passwords, type Service, staging, startService, token } from './service.js';

/** What a client has, and where it goes. */
export interface Ask {
  url: string;
  /** For each realm a username and a password. A client that knows no realms takes the first. */
  credentials: [first: Credentials, ...rest: Credentials[]];
  token: string;
}

export interface Credentials {
  realm: string;
  username: string;
  password: string;
}

/** What a client came back with, as far as it tells. */
export interface Reply {
  /** Zero where the client ends with an error, and not with the response. */
  status?: number | undefined;
  body?: string | undefined;
}

/** What a client does that not every client does. */
export interface Answer {
  /** What is to be said of it. */
  remark?: string;
  /** Whether it gets in where it could, and gives up where it could not; yes by default. */
  copes?: boolean;
  /** What the server sees, where it is not one request without credentials and one with them. */
  exchanges?: string[];
  /** The status that the client tells, where it is not the server's last: zero for an error. */
  status?: 0;
}

/** A real client, and what it can be asked for. */
export interface Client {
  get(ask: Ask, column: Column): Promise<Reply>;
  answers: Partial<Record<Column, Answer>>;
}

/** The columns of the table of clients. */
export const columns = {
  Basic: { path: '/basic', scheme: 'Basic', username: 'alice' },
  'Basic after Bearer': { path: '/after-bearer', scheme: 'Basic', username: 'alice' },
  'Basic beside Bearer, on one line': {
    path: '/after-bearer',
    scheme: 'Basic',
    username: 'alice',
    layout: 'joined',
  },
  'Basic in UTF-8': { path: '/basic', scheme: 'Basic', username: 'zoë' },
  'password by realm': { path: '/admin', scheme: 'Basic', username: 'bob', realm: administration },
  'wrong password': { path: '/basic', scheme: 'Basic', username: 'alice', password: 'wrong' },
  Digest: { path: '/digest', scheme: 'Digest', username: 'alice' },
  'Digest over Basic': { path: '/strongest', scheme: 'Digest', username: 'alice' },
  Bearer: { path: '/after-bearer', scheme: 'Bearer', username: 'alice' },
} satisfies Record<string, Case>;

export type Column = keyof typeof columns;

interface Case {
  path: string;
  scheme: string;
  username: string;
  password?: string;
  realm?: string;
  layout?: 'lines' | 'joined';
}

/**
 * The suite of one client: a test for each column that it can be asked for, from which `scripts/clients.mjs` makes the
 * table. It authenticates from the challenge alone: its first request has no credentials.
 */
export function describeClient(name: string, { get, answers }: Client): void {
  describe.each(adapters)(`${name} on %s`, (_adapter, create) => {
    const rows = (Object.entries(answers) as [Column, Answer][]).map(
      ([column, answer]) => [titleOf(column, answer), column, answer] as const,
    );
    it.each(rows)('%s', async (_title, column, answer) => {
      const theCase: Case = columns[column];
      const service = await startService(create(), theCase.layout);
      await expectAnswer(service, theCase, answer, (ask) => get(ask, column));
    });
  });
}

/** The title of a test as `scripts/clients.mjs` reads it: `[column] yes: remark`. */
export function titleOf(column: string, { copes = true, remark }: Answer): string {
  return `[${column}] ${copes ? 'yes' : 'no'}${remark === undefined ? '' : `: ${remark}`}`;
}

async function expectAnswer(
  { url, exchanges }: Service,
  { path, scheme, username, password = passwords.get(username) ?? '', realm = staging }: Case,
  answer: Answer,
  get: (ask: Ask) => Promise<Reply>,
): Promise<void> {
  const good = passwords.get(username) === password;
  const elsewhere = { realm: staging, username: 'alice', password: 'wonder:land' };
  const here = { realm, username, password };
  const expected = answer.exchanges ?? ['none 401', `${scheme} ${good ? 200 : 401}`];
  const reply = await get({ url: url + path, credentials: realm === staging ? [here] : [elsewhere, here], token });

  expect(exchanges(path)).toEqual(expected);
  const [used, status] = expected.at(-1)?.split(' ') ?? [];
  const told = answer.status ?? Number(status);
  expect(reply.status ?? told).toBe(told);
  const body =
    status === '200' ? { user: username, scheme: used, realm } : { message: 'Unauthorized', statusCode: 401 };
  expect(JSON.parse(reply.body ?? JSON.stringify(body))).toEqual(body);
}
