import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { answering, type Browser, pageReply, type Tab } from './browser.js';
import type { Credentials, Reply } from './describe-client.js';

/** Debian's Firefox. WebDriver BiDi replaces the person at the prompt. */
export async function firefox(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'firefox-'));
  // Without this preference, Firefox shows JSON in a viewer of its own.
  await writeFile(join(profile, 'user.js'), 'user_pref("devtools.jsonview.enabled", false);\n');
  const child = spawn('firefox-esr', ['--headless', '--remote-debugging-port=0', `--profile=${profile}`], {
    env: { ...process.env, HOME: profile },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  const close = async () => {
    child.kill('SIGKILL');
    await exit;
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const connection = await connect(await addressOf(child.stderr));
    await connection.send('session.new', { capabilities: {} });
    await connection.send('session.subscribe', { events: ['network.authRequired'] });
    await connection.send('network.addIntercept', { phases: ['authRequired'] });
    return { open: (credentials) => open(connection, credentials), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(stderr)) {
    const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      stderr.resume();
      return `${address}/session`;
    }
    lines.push(line);
  }
  throw new Error(`Firefox does not listen\n${lines.join('\n')}`);
}

interface Connection {
  send(method: string, params: object): Promise<Record<string, unknown>>;
  onAuthRequired(context: string, listener: (event: AuthRequired) => void): void;
}

interface AuthRequired {
  context: string;
  request: { request: string };
  response: { authChallenges: { scheme: string; realm: string }[] };
}

interface Message {
  type: 'success' | 'error' | 'event';
  id: number;
  result: Record<string, unknown>;
  error: string;
  message: string;
  params: AuthRequired;
}

async function connect(url: string): Promise<Connection> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const pending = new Map<number, { resolve(result: Record<string, unknown>): void; reject(error: Error): void }>();
  const listeners = new Map<string, (event: AuthRequired) => void>();
  socket.on('message', (data: Buffer) => {
    const { type, id, result, error, message, params } = JSON.parse(data.toString()) as Message;
    if (type === 'event') listeners.get(params.context)?.(params);
    else if (type === 'success') pending.get(id)?.resolve(result);
    else pending.get(id)?.reject(new Error(`${error}: ${message}`));
    pending.delete(id);
  });
  let last = 0;
  return {
    send: (method, params) =>
      new Promise((resolve, reject) => {
        pending.set(++last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    onAuthRequired: (context, listener) => listeners.set(context, listener),
  };
}

async function open(connection: Connection, credentials: readonly Credentials[]): Promise<Tab> {
  const { userContext } = await connection.send('browser.createUserContext', {});
  const { context } = (await connection.send('browsingContext.create', { type: 'tab', userContext })) as {
    context: string;
  };
  const { prompts, answer } = answering(credentials);
  connection.onAuthRequired(context, ({ request: { request }, response: { authChallenges } }) => {
    // Firefox reports no challenge if they are on separate field lines, although it has read them.
    const known = answer(authChallenges[0]);
    const action = known
      ? { action: 'provideCredentials', credentials: { type: 'password', ...pick(known) } }
      : { action: 'cancel' };
    connection.send('network.continueWithAuth', { request, ...action }).catch(() => undefined);
  });
  const evaluate = async (expression: string) => {
    const { result, exceptionDetails } = (await connection.send('script.evaluate', {
      expression: `Promise.resolve(${expression}).then(JSON.stringify)`,
      target: { context },
      awaitPromise: true,
    })) as { result?: { value: string }; exceptionDetails?: { text: string } };
    if (result === undefined) throw new Error(exceptionDetails?.text);
    return JSON.parse(result.value) as unknown;
  };
  return {
    prompts,
    go: async (url) => {
      await connection.send('browsingContext.navigate', { context, url, wait: 'complete' });
      return (await evaluate(pageReply)) as Reply;
    },
    evaluate,
    close: async () => {
      await connection.send('browser.removeUserContext', { userContext });
    },
  };
}

function pick({ username, password }: Credentials) {
  return { username, password };
}
