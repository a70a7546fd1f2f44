import { describe, expect, it } from '@jest/globals';
import { adapters } from '../../support/application.js';
import { administration, passwords, type Service, staging, startService, token } from './service.js';

/** The credentials of a client, and its target. */
export interface Ask {
  url: string;
  /** A username and a password for each realm. A client that does not know realms uses the first. */
  credentials: [first: Credentials, ...rest: Credentials[]];
  token: string;
}

export interface Credentials {
  realm: string;
  username: string;
  password: string;
}

/** The result of a client, as far as it reports it. */
export interface Reply {
  /** Zero if the client ends with an error instead of a response. */
  status?: number | undefined;
  body?: string | undefined;
}

/** Differences between clients. */
export interface Answer {
  /** A remark for the table. */
  remark?: string;
  /** If `true`, the client behaves as the column says. The default is `true`. */
  copes?: boolean;
  /** The requests that the server sees. The default is one without credentials and one with credentials. */
  exchanges?: string[];
  /** Zero if the client reports an error. By default it must report the last status of the server. */
  status?: 0;
}

/** A real client with its abilities. */
export interface Client {
  get(ask: Ask, column: Column): Promise<Reply>;
  answers: Partial<Record<Column, Answer>>;
}

/** The columns of the table of clients. */
export const columns = {
  Basic: { path: '/basic', scheme: 'Basic', username: 'alice' },
  'Basic after Bearer': { path: '/after-bearer', scheme: 'Basic', username: 'alice' },
  'Basic after Bearer, on one line': {
    path: '/after-bearer',
    scheme: 'Basic',
    username: 'alice',
    layout: 'joined',
  },
  'Basic in UTF-8': { path: '/basic', scheme: 'Basic', username: 'zoë' },
  'password by realm': { path: '/admin', scheme: 'Basic', username: 'bob', realm: administration },
  'wrong password': { path: '/basic', scheme: 'Basic', username: 'alice', password: 'wrong' },
  Digest: { path: '/digest', scheme: 'Digest', username: 'alice' },
  'Digest with SHA-256': { path: '/digest-sha-256', scheme: 'Digest', username: 'alice' },
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
 * The suite of one client: a test for each column that the client supports. `scripts/clients.mjs` creates the table from
 * the results. The client authenticates from the challenge alone: its first request has no credentials.
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
