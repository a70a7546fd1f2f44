// npm run bench:guessing -- [--adapter fastify|express] [--seconds 20] [--ln 17]
//
// Measures how long the users of an application wait while guessers keep it busy with scrypt. `ln` is the base-2 logarithm of its
// cost. OWASP recommends 17.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { basicField, PASSWORD } from './users.js';

const GUESSES_PER_SECOND = 200;
const ADDRESSES = 50;

const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'fastify' },
    seconds: { type: 'string', default: '20' },
    ln: { type: 'string', default: '17' },
  },
});
const seconds = Number(values.seconds);
const file = fileURLToPath(new URL('guessing.server.js', import.meta.url));
const child = fork(file, [values.adapter, PASSWORD, values.ln], { execArgv: [] });
const [port] = (await once(child, 'message')) as [number];
const agent = new Agent({ maxSockets: Infinity });

interface Answer {
  readonly status: number;
  readonly milliseconds: number;
}

async function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const start = performance.now();
  const [response] = await once(request({ host: '127.0.0.1', port, path, headers, agent }).end(), 'response');
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, milliseconds: performance.now() - start };
}

const login = (username: string, address: string, password = PASSWORD) =>
  get('/greeting', { authorization: basicField(username, password), 'x-forwarded-for': address });

/** Repeats something until the end of the load. Each time starts after the interval, also if the previous one is still running. */
async function every(milliseconds: number, act: (time: number) => Promise<Answer>): Promise<Answer[]> {
  const all: Promise<Answer>[] = [];
  const start = performance.now();
  for (let time = 0; time * milliseconds < seconds * 1000; time++) {
    all.push(act(time));
    await setTimeout(Math.max(0, start + (time + 1) * milliseconds - performance.now()));
  }
  return Promise.all(all);
}

function print(name: string, answers: readonly Answer[]): void {
  const times = answers.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  const statuses = [...counts]
    .toSorted(([one], [other]) => one - other)
    .map(([status, count]) => `${count} × ${status}`);
  const at = (share: number) =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] as number).toFixed(0);
  console.log(`| ${name} | ${statuses.join(', ')} | ${at(0.5)} ms | ${at(0.95)} ms | ${at(0.99)} ms | ${at(1)} ms |`);
}

console.log(
  `| ${values.adapter} | responses | median | 95 % | 99 % | longest |\n| --- | --- | --- | --- | --- | --- |`,
);
// From now on, the address is known for alice.
print('alice, no load', [await login('alice', '192.0.2.1'), await login('alice', '192.0.2.1')]);
const idle: Answer[] = [];
for (let time = 0; time < 100; time++) idle.push(await get('/static/file.txt'));
print('a static file, no load', idle);

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
child.send('load');
const [guesses, known, unknown, files] = await Promise.all([
  every(1000 / GUESSES_PER_SECOND, (time) => login(`user${time}`, `198.51.100.${time % ADDRESSES}`, `guess ${time}`)),
  every(500, () => login('alice', '192.0.2.1')),
  every(500, (time) => login('bob', `203.0.113.${time % 250}`)),
  every(50, () => get('/static/file.txt')),
]);
print('guesses, 200 per second from 50 addresses', guesses);
print('alice, from the address of her last login', known);
print('bob, from new addresses', unknown);
print('a static file', files);
child.send('delay');
const [serverDelay] = (await once(child, 'message')) as [number];
console.log(
  `\nLongest delay of the event loop: server ${serverDelay.toFixed(0)} ms, this process ${(delay.max / 1e6).toFixed(0)} ms. The times contain both.\n`,
);

await setTimeout(5000);
const gone = Array.from({ length: 60 }, (_, index) => {
  const headers = { authorization: basicField(`gone${index}`, 'guess'), 'x-forwarded-for': `198.18.0.${index}` };
  const outgoing = request({ host: '127.0.0.1', port, path: '/greeting', headers }).end();
  outgoing.on('error', () => undefined);
  return outgoing;
});
await setTimeout(100);
for (const outgoing of gone) outgoing.destroy();
print('bob, after 60 clients have gone', [await login('bob', '192.0.2.99')]);
child.disconnect();
