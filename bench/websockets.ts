// npm run bench:websockets
//
// Opens 2,000 connections whose tokens expire at the same moment. All clients connect again immediately, half of them with an invalid token.
// It fails if a client without credentials is connected, or if memory or timers stay behind.
import { ok } from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const CONNECTIONS = 2000;
/** How long the first tokens are valid, in milliseconds. All clients must be connected by then. */
const LIFETIME = 30_000;
/** The rounds of expiry and reconnect. A leak grows with each round. */
const ROUNDS = 3;
/** The bytes that the heap may grow between the first and the last round. One connection has about 10 KB. */
const TOLERANCE = 3_000_000;
/** The clients that connect at the same time. The backlog of a server is 511. */
const PARALLEL = 200;

interface State {
  readonly open: number;
  readonly strangers: number;
  readonly timers: number;
  readonly heap: number;
}

const server: ChildProcess = fork(fileURLToPath(new URL('websockets.server.js', import.meta.url)), {
  stdio: 'inherit',
});
const [{ port }] = (await once(server, 'message')) as [{ port: number }];

async function ask(message: object = {}): Promise<State> {
  server.send(message);
  const [state] = (await once(server, 'message')) as [State];
  return state;
}

interface Client {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
}

/** Returns the client, or the status of the refusal. */
async function connect(token: string): Promise<Client | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { authorization: `Bearer ${token}` } });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, closed }));
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

async function connectAll(tokens: readonly string[]): Promise<(Client | number)[]> {
  const results: (Client | number)[] = [];
  for (let index = 0; index < tokens.length; index += PARALLEL) {
    results.push(...(await Promise.all(tokens.slice(index, index + PARALLEL).map(connect))));
  }
  return results;
}

const isClient = (result: Client | number): result is Client => typeof result === 'object';
const good = Array.from({ length: CONNECTIONS }, () => 'good');
const mixed = good.map((token, index) => (index % 2 === 0 ? token : 'bad'));

async function round(): Promise<State> {
  const expiresAt = Date.now() + LIFETIME;
  await ask({ expiresAt });
  const results = await connectAll(good);
  const clients = results.filter(isClient);
  const full = await ask();
  ok(
    clients.length === CONNECTIONS && full.open === CONNECTIONS,
    `${clients.length} clients have connected, ${full.open} connections are open; on a slow machine, raise LIFETIME`,
  );
  const codes = await Promise.all(clients.map(({ closed }) => closed));
  const took = Date.now() - expiresAt;
  ok(
    codes.every((code) => code === 4401),
    'every connection is closed with 4401',
  );
  // The storm: all clients return, and half of them have no valid token.
  await ask({ expiresAt: Date.now() + 600_000 });
  const storm = await connectAll(mixed);
  const back = storm.filter(isClient);
  const refused = storm.filter((result) => result === 401);
  ok(back.length === CONNECTIONS / 2 && refused.length === CONNECTIONS / 2, 'half of the clients are refused with 401');
  const { open } = await ask();
  ok(open === back.length, `${open} connections are open after the storm`);
  for (const { socket } of back) socket.close();
  await Promise.all(back.map(({ closed }) => closed));
  await setTimeout(500);
  const state = await ask();
  console.log(
    `expired in ${took} ms; heap ${full.heap} with ${full.open} connections, ${state.heap} with ${state.open}; timers ${full.timers}, ${state.timers}`,
  );
  return state;
}

try {
  const states: State[] = [];
  for (let index = 0; index < ROUNDS; index++) states.push(await round());
  const [first, last] = [states[0] as State, states.at(-1) as State];
  ok(last.strangers === 0, 'no client without credentials was connected');
  ok(last.open === 0, 'no connection stays open');
  ok(last.timers <= first.timers && last.timers < 50, `${last.timers} timers are left`);
  ok(last.heap - first.heap < TOLERANCE, `the heap has grown by ${last.heap - first.heap} bytes`);
  console.log('ok');
} finally {
  server.kill();
}
