import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { freePort } from '../../support/free-port.js';
import { answering, type Browser, pageReply, type Tab } from './browser.js';
import type { Credentials, Reply } from './describe-client.js';
import { type Screen, startScreen } from './screen.js';

const PATIENCE = 60_000;

/** A point at which the test pages are white. A prompt dims the page, so the color of this point changes. */
const [column, row] = [20, 400] as const;
const DIMMED = 0x7f7f7f;

/** The rows of the screen that have the prompt. */
const rows = [200, 600] as const;

/**
 * WebKitGTK. Its WebDriver does not support prompts, so the real prompt appears on the screen and the test types into it.
 * The prompt shows the realm as a picture only, so the test types the first password.
 */
export async function webkit(): Promise<Browser> {
  const home = await mkdtemp(join(tmpdir(), 'webkit-'));
  const settings = join(home, '.config', 'gtk-3.0');
  await mkdir(settings, { recursive: true });
  await writeFile(join(settings, 'settings.ini'), '[Settings]\ngtk-enable-animations=false\ngtk-cursor-blink=false\n');
  const screen = await startScreen();
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    env: { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8', GDK_BACKEND: 'x11', ...screen.env },
    stdio: 'ignore',
  });
  const exit = once(driver, 'exit');
  const send = sender(`http://127.0.0.1:${port}`);
  await until(async () => (await send('GET', '/status').catch(() => undefined)) !== undefined);
  return {
    open: (credentials) => open(send, screen, credentials),
    close: async () => {
      driver.kill();
      await exit;
      await screen.close();
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

type Send = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

/** Returns a function that sends WebDriver commands. */
function sender(origin: string): Send {
  return async (method, path, body) => {
    const response = await request(origin + path, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: PATIENCE,
    });
    const { value } = (await response.body.json()) as { value: unknown };
    if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
}

/** Starts a new browser for each test, because WebKit keeps passwords for the whole browser. */
async function open(send: Send, screen: Screen, credentials: readonly Credentials[]): Promise<Tab> {
  const { sessionId } = (await send('POST', '/session', { capabilities: {} })) as { sessionId: string };
  const session = `/session/${sessionId}`;
  await until(() => screen.focus());
  const { prompts, answer } = answering(credentials);

  /** Awaits a command, and answers the prompts that block it. */
  async function attend<T>(command: Promise<T>): Promise<T> {
    const prompted = async () => (await screen.capture(row, row + 1)).readUIntLE(column * 4, 3) === DIMMED;
    let done = false;
    const settle = () => (done = true);
    command.then(settle, settle);
    await until(async () => {
      if (done || !(await prompted())) return done;
      const empty = await screen.capture(...rows);
      const known = answer();
      for (const [how, what] of known === undefined ? cancelling : signingIn(known)) await press(screen, how, what);
      // The prompt has closed, or a new one has opened, which happens quickly.
      await until(async () => done || !(await prompted()) || (known && empty.equals(await screen.capture(...rows))));
      return done;
    });
    return command;
  }

  const evaluate = async (expression: string) => {
    const script = `const done = arguments[0]; Promise.resolve(${expression}).then(JSON.stringify).then(done, done)`;
    const value = await attend(send('POST', `${session}/execute/async`, { script, args: [] }));
    return JSON.parse(String(value)) as unknown;
  };
  return {
    prompts,
    go: async (url) => {
      await attend(send('POST', `${session}/url`, { url }));
      const { body } = (await evaluate(pageReply)) as Reply;
      return { body: body || undefined };
    },
    evaluate,
    close: async () => {
      await send('DELETE', session);
      await until(async () => !(await screen.present()));
    },
  };
}

type Key = ['type' | 'key', string];

const cancelling: Key[] = [['key', 'Escape']];

const signingIn = ({ username, password }: Credentials): Key[] => [
  ...typing(username),
  ['key', 'Tab'],
  ...typing(password),
  ['key', 'Return'],
];

/** Returns the keys for a string. Letters without a key are typed one by one, because xdotool assigns a key to each. */
function typing(text: string): Key[] {
  return (text.match(/[ -~]+|./gu) ?? []).map((part) => ['type', part]);
}

/** Presses a key until the prompt changes, because a window that has just opened may miss the first keys. */
async function press(screen: Screen, ...key: Key): Promise<void> {
  const before = await screen.capture(...rows);
  for (let attempt = 0; attempt < 3; attempt++) {
    await screen.press(...key);
    for (let look = 0; look < 50; look++) {
      if (!before.equals(await screen.capture(...rows))) return;
    }
  }
  throw new Error('webkit: the prompt does not react to keys');
}

async function until(condition: () => Promise<boolean | undefined>): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`webkit: a condition is not met after ${PATIENCE} ms`);
    await sleep(50);
  }
}
