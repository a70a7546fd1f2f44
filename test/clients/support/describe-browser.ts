import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adapters } from '../../support/application.js';
import { type Browser, type Tab, visit } from './browser.js';
import { type Answer, type Column, describeClient, titleOf } from './describe-client.js';
import { type Service, staging, startService } from './service.js';

const alice = { realm: staging, username: 'alice', password: 'wonder:land' };

/** An expression that calls `fetch()`. Its value is the status, the challenges that a script may read, and the body. */
const fetched = (url: string, init: object) =>
  `fetch(${JSON.stringify(url)}, ${JSON.stringify({ cache: 'no-store', ...init })}).then(
    async (response) => [response.status, response.headers.get('WWW-Authenticate'), await response.text()],
  )`;

const admitted = [200, null, JSON.stringify({ user: 'alice', scheme: 'Basic', realm: staging })];
const challenge = `Basic realm="${staging}", charset="UTF-8"`;
const refused = [401, challenge, JSON.stringify({ message: 'Unauthorized', statusCode: 401 })];

/** Differences between browsers. */
export interface Quirks {
  answers?: Partial<Record<Column, Answer>>;
  /** If `true`, it shows the realm on the screen, but does not report it to the test. */
  hidesRealm?: boolean;
  /** A remark for the table if it does not show the body of the 401 after the user cancels the prompt. */
  cancelled?: string;
  /** Whether it sends the password of a page with the WebSockets of the page. */
  webSocket?: Answer;
}

/** The suite of a browser: the tests of every client, and then the tests of browsers only. */
export function describeBrowser(
  name: string,
  launch: () => Promise<Browser>,
  { answers, hidesRealm = false, cancelled, webSocket = {} }: Quirks = {},
): void {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser?.close());

  describeClient(name, {
    get: (ask) => visit(browser, ask),
    answers: {
      Basic: {},
      'Basic after Bearer': {},
      'Basic after Bearer, on one line': {},
      'Basic in UTF-8': {},
      ...(!hidesRealm && { 'password by realm': {} }),
      'wrong password': {},
      Digest: {},
      'Digest with SHA-256': {},
      'Digest over Basic': {},
      ...answers,
    },
  });

  describe.each(adapters)(`${name} on %s`, (_adapter, create) => {
    /** Runs a test in a new tab, with a new service. */
    async function inTab(credentials: (typeof alice)[], test: (tab: Tab, service: Service) => Promise<void>) {
      const service = await startService(create());
      const tab = await browser.open(credentials);
      try {
        await test(tab, service);
      } finally {
        await tab.close();
      }
    }

    it('[the prompt] yes', () =>
      inTab([alice], async (tab, { url, exchanges }) => {
        expect(await tab.go(`${url}/basic`)).toMatchObject({ body: admitted[2] });
        expect(tab.prompts).toEqual([hidesRealm ? 'unknown' : `basic ${staging}`]);
        // All URLs below the same folder are now in the protection space, so the browser sends the password without a prompt.
        expect(await tab.go(`${url}/after-bearer`)).toMatchObject({ body: admitted[2] });
        expect(exchanges('/after-bearer')).toEqual(['Basic 200']);
        expect(tab.prompts).toHaveLength(1);
      }));

    const cancel: Answer = cancelled === undefined ? {} : { copes: false, remark: cancelled };
    it.each([[titleOf('the prompt, cancelled', cancel)]])('%s', () =>
      inTab([], async (tab, { url, exchanges }) => {
        expect(await tab.go(`${url}/basic`)).toMatchObject({ body: cancelled === undefined ? refused[2] : undefined });
        expect(exchanges('/basic')).toEqual(['none 401']);
        expect(tab.prompts).toHaveLength(1);
      }),
    );

    it('[`user:password@` in the URL] yes', () =>
      inTab([], async (tab, { url, exchanges }) => {
        expect(await tab.go(`${url.replace('//', '//alice:wonder%3Aland@')}/basic`)).toMatchObject({
          body: admitted[2],
        });
        expect(exchanges('/basic').at(-1)).toBe('Basic 200');
        expect(tab.prompts).toEqual([]);
      }));

    it('[`fetch()`] yes: it prompts', () =>
      inTab([alice], async (tab, { url, exchanges }) => {
        await tab.go(`${url}/open`);
        expect(await tab.evaluate(fetched(`${url}/basic`, {}))).toEqual(admitted);
        expect(exchanges('/basic')).toEqual(['none 401', 'Basic 200']);
        expect(tab.prompts).toHaveLength(1);
      }));

    it('[`fetch()` after the prompt] yes', () =>
      inTab([alice], async (tab, { url, exchanges }) => {
        await tab.go(`${url}/basic`);
        expect(await tab.evaluate(fetched(`${url}/basic`, {}))).toEqual(admitted);
        expect(exchanges('/basic')).toEqual(['none 401', 'Basic 200', 'Basic 200']);
      }));

    it("[`credentials: 'omit'`] yes", () =>
      inTab([alice], async (tab, { url, exchanges }) => {
        await tab.go(`${url}/open`);
        expect(await tab.evaluate(fetched(`${url}/basic`, { credentials: 'omit' }))).toEqual(refused);
        expect(exchanges('/basic')).toEqual(['none 401']);
        expect(tab.prompts).toEqual([]);
      }));

    it('[`Authorization` by the script] yes', () =>
      inTab([], async (tab, { url, exchanges }) => {
        await tab.go(`${url}/open`);
        const headers = { authorization: `Basic ${Buffer.from('alice:wonder:land').toString('base64')}` };
        expect(await tab.evaluate(fetched(`${url}/basic`, { headers }))).toEqual(admitted);
        expect(exchanges('/basic')).toEqual(['Basic 200']);
      }));

    it('[`fetch()` of another origin] yes', () =>
      inTab([], async (tab, { url }) => {
        await tab.go(`${url}/open`);
        const other = `${url.replace('127.0.0.1', 'localhost')}/guarded`;
        const by = (password: string) => ({
          headers: { authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` },
        });
        // Each of the two with a field of its own sends a preflight first.
        expect(await tab.evaluate(fetched(other, by('wonder:land')))).toEqual(admitted);
        expect(await tab.evaluate(fetched(other, by('wrong')))).toEqual(refused);
        expect(await tab.evaluate(fetched(other, { credentials: 'omit' }))).toEqual(refused);
        expect(tab.prompts).toEqual([]);
      }));

    it.each([[titleOf('WebSocket', webSocket)]])('%s', () =>
      inTab([alice], async (tab, { url }) => {
        const socket = JSON.stringify(`${url.replace('http', 'ws')}/guarded/socket`);
        const opened = `new Promise((resolve) => {
          const socket = new WebSocket(${socket});
          socket.onopen = () => resolve('open');
          socket.onclose = ({ code }) => resolve(code);
        })`;
        const prompts = webSocket.remark === 'it prompts';
        await tab.go(`${url}/open`);
        expect(await tab.evaluate(opened)).toBe(prompts ? 'open' : 1006);
        expect(tab.prompts).toHaveLength(prompts ? 1 : 0);
        expect(await tab.go(`${url}/guarded`)).toMatchObject({ body: admitted[2] });
        expect(await tab.evaluate(opened)).toBe(webSocket.copes === false ? 1006 : 'open');
      }),
    );

    it("[`@BrowserPrompt('navigation')`] yes", () =>
      inTab([alice], async (tab, { url, exchanges }) => {
        await tab.go(`${url}/open`);
        const quiet = [401, `Bearer realm="${staging}"`, refused[2]];
        expect(await tab.evaluate(fetched(`${url}/quiet`, {}))).toEqual(quiet);
        expect(exchanges('/quiet')).toEqual(['none 401']);
        expect(tab.prompts).toEqual([]);
        expect(await tab.go(`${url}/quiet`)).toMatchObject({ body: admitted[2] });
        expect(tab.prompts).toHaveLength(1);
      }));
  });
}
