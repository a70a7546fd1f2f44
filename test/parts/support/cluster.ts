import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { LimitOptions } from 'nestjs-http-auth';
import { basicAuthorization } from '../../support/client.js';
import { wonderland } from '../../support/passwords.js';

/** Several processes of one application. */
export interface Cluster {
  /** Sends a request to the processes in turn, and returns its status. */
  ask(username: string, password: string, address?: string): Promise<number>;
  /** Sends a request to one process, and returns its status and `Retry-After`. */
  askOne(
    index: number,
    username: string,
    password: string,
    address?: string,
  ): Promise<[status: number, retryAfter?: string]>;
  /** Returns the log of one process. */
  log(index: number): string[];
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('instance.mjs', import.meta.url));

/** The packages with a client of Redis. */
export type RedisClient = 'ioredis' | 'redis';

/** Starts two processes. The users are alice and bob, with the same password. */
export async function startCluster(
  adapter: string,
  client: RedisClient,
  redis: number,
  limits: LimitOptions,
): Promise<Cluster> {
  const hashes = { alice: wonderland.scrypt, bob: wonderland.scrypt };
  const argument = JSON.stringify({ adapter, client, redis, limits, hashes });
  const instances = await Promise.all([0, 1].map(() => startInstance(argument)));
  let turn = 0;
  const cluster: Cluster = {
    ask: async (...asked) => (await cluster.askOne(turn++ % instances.length, ...asked))[0],
    askOne: (index, username, password, address = '192.0.2.1') => {
      const headers = { ...basicAuthorization(username, password), 'x-forwarded-for': address };
      return answerOf(instances[index]?.port as number, headers);
    },
    log: (index) => instances[index]?.log ?? [],
    stop: async () => {
      await Promise.all(
        instances.map(({ child }) => {
          child.disconnect();
          return once(child, 'exit');
        }),
      );
    },
  };
  return cluster;
}

async function startInstance(argument: string): Promise<{ child: ChildProcess; port: number; log: string[] }> {
  const child = fork(script, [argument], { execArgv: [] });
  const log: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`An instance exits with ${code}`)));
    child.on('message', (message: { port?: number; log?: string }) => {
      if (message.log !== undefined) log.push(message.log);
      if (message.port !== undefined) resolve(message.port);
    });
  });
  return { child, port, log };
}

async function answerOf(port: number, headers: Record<string, string>): Promise<[number, string | undefined]> {
  const outgoing = request({ host: '127.0.0.1', port, headers, agent: false }).end();
  const [response] = await once(outgoing, 'response');
  response.resume();
  await once(response, 'end');
  return [response.statusCode, response.headers['retry-after']];
}
