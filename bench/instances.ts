// npm run bench:instances
//
// Measures what the limits cost if 1, 2, 4 and 8 processes share them in one Redis. It needs the program redis-server.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { basicField, PASSWORD } from './users.js';

const REQUESTS = 4000;
const PARALLEL = 20;

/** Requests of each kind for each process before the measurement. */
const WARMUP = 2000;
const file = fileURLToPath(new URL('instances.server.js', import.meta.url));

interface Instance {
  readonly child: ChildProcess;
  readonly port: number;
}

/** A kind of traffic: the username, the password and the address of the request with a number. */
interface Traffic {
  readonly name: string;
  readonly status: number;
  readonly of: (index: number) => readonly [username: string, password: string, address: string];
}

const networkOf = (first: number, index: number) =>
  `${first}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

const traffic: readonly Traffic[] = [
  { name: 'first login at an address', status: 200, of: (index) => [`user${index}`, PASSWORD, networkOf(10, index)] },
  { name: 'the same logins again', status: 200, of: (index) => [`user${index}`, PASSWORD, networkOf(10, index)] },
  { name: 'wrong password', status: 401, of: (index) => [`user${index}`, 'wrong', networkOf(11, index)] },
  { name: 'guess after the limit', status: 429, of: (index) => ['alice', `guess ${index}`, '192.0.2.1'] },
];

const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

async function send({ port }: Instance, username: string, password: string, address: string): Promise<number> {
  const headers = { authorization: basicField(username, password), 'x-forwarded-for': address };
  const [response] = await once(
    request({ host: '127.0.0.1', port, path: '/greeting', headers, agent }).end(),
    'response',
  );
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

/** Sends requests to the instances in turn. */
async function load(
  instances: readonly Instance[],
  { status, of, name }: Traffic,
  first = 0,
  amount = REQUESTS,
): Promise<void> {
  let next = first;
  const client = async () => {
    for (let index = next++; index < first + amount; index = next++) {
      const instance = instances[index % instances.length] as Instance;
      const answer = await send(instance, ...of(index));
      if (answer !== status) throw new Error(`${name}: ${answer} instead of ${status}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, client));
}

async function start(count: number, limited: boolean): Promise<Instance[]> {
  const starting = Array.from({ length: count }, async () => {
    const child = fork(file, [limited ? 'limited' : 'open', String(redisPort)], { execArgv: [] });
    const [port] = (await once(child, 'message')) as [number];
    return { child, port };
  });
  return Promise.all(starting);
}

async function stop(instances: readonly Instance[]): Promise<void> {
  await Promise.all(
    instances.map(({ child }) => {
      child.disconnect();
      return once(child, 'exit');
    }),
  );
}

/** Returns the CPU time of the instances, in microseconds. */
async function cpuOf(instances: readonly Instance[]): Promise<number> {
  const times = instances.map(async ({ child }) => {
    child.send('cpu');
    const [time] = (await once(child, 'message')) as [number];
    return time;
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
}

/** Returns a number that Redis reports. */
async function redisInfo(section: string, pattern: RegExp): Promise<number> {
  const text = await redis.info(section);
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Each script of a counter calls SET once, and each mark of a login is one SET. */
const sentCommands = () => redisInfo('commandstats', /^cmdstat_(?:get|set):calls=(\d+)/gm);
const redisCpu = async () => (await redisInfo('cpu', /^used_cpu_(?:user|sys):([\d.]+)/gm)) * 1e6;

const probe = createServer().listen(0);
await once(probe, 'listening');
const redisPort = (probe.address() as AddressInfo).port;
probe.close();
const server = spawn('redis-server', ['--port', String(redisPort), '--save', '', '--appendonly', 'no'], {
  stdio: 'ignore',
});
const redis = new Redis({ port: redisPort, retryStrategy: () => 50 });
redis.on('error', () => undefined);
await redis.ping();

console.log('| processes | traffic | CPU, without limits | CPU, with limits | commands to Redis | CPU of Redis |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const count of [1, 2, 4, 8]) {
  const [open, limited] = [await start(count, false), await start(count, true)];
  // Every process needs requests until its code is compiled.
  for (const one of traffic.filter(({ status }) => status !== 429)) {
    for (const instances of [open, limited]) await load(instances, one, REQUESTS, WARMUP * count);
  }
  for (const one of traffic) {
    const usual = one.status === 429 ? undefined : await costOf(open, one);
    // The limit is reached before the measurement.
    if (one.status === 429) await exactness(limited);
    const [commands, cpu] = [await sentCommands(), await redisCpu()];
    const cost = await costOf(limited, one);
    // Counts are given back after the response.
    await setTimeout(100);
    const perRequest = (value: number) => value / REQUESTS;
    console.log(
      `| ${count} | ${one.name} | ${usual === undefined ? '' : `${usual.toFixed(0)} µs`} | ${cost.toFixed(0)} µs | ` +
        `${perRequest((await sentCommands()) - commands).toFixed(2)} | ${perRequest((await redisCpu()) - cpu).toFixed(0)} µs |`,
    );
  }
  await stop([...open, ...limited]);
  if (count === 1) await memory();
  await redis.flushall();
}
redis.disconnect();
server.kill();

/** Returns the CPU time of all instances for one request, in microseconds. */
async function costOf(instances: readonly Instance[], one: Traffic): Promise<number> {
  const before = await cpuOf(instances);
  await load(instances, one);
  return ((await cpuOf(instances)) - before) / REQUESTS;
}

/** Guesses one password from one address at all instances at the same time. */
async function exactness(instances: readonly Instance[]): Promise<void> {
  const guesses = Array.from({ length: 200 }, (_, index) =>
    send(instances[index % instances.length] as Instance, 'alice', `parallel guess ${index}`, '192.0.2.1'),
  );
  const allowed = (await Promise.all(guesses)).filter((status) => status === 401).length;
  if (allowed !== 10) throw new Error(`${allowed} guesses were allowed instead of 10`);
  console.error(`${instances.length} processes: exactly 10 of 200 parallel guesses were allowed`);
}

/** Reports the memory of Redis for the logins of the load. */
async function memory(): Promise<void> {
  const used = await redisInfo('memory', /^used_memory:(\d+)/gm);
  const keys = await redis.dbsize();
  await redis.flushall();
  const empty = await redisInfo('memory', /^used_memory:(\d+)/gm);
  console.error(`${keys} keys take ${((used - empty) / keys).toFixed(0)} bytes each in Redis`);
}
