import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { NestFactory } from '@nestjs/core';
import { AuthLimits, AuthModule, basic, type LimitOptions } from 'nestjs-http-auth';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { run } from '../libs/http-auth/src/cli/run.js';
import { start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';

const limiter = new RateLimiterMemory({ points: 1, duration: 1 });

@Controller()
class GreetingController {
  @Get() greet() {}
}

const application = (limits: LimitOptions) => ({
  imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(() => null, { limits })] })],
  controllers: [GreetingController],
});

const create = (root: Type) => NestFactory.create(root, new ExpressAdapter(), { logger: false, abortOnError: false });

/** The functions that the modules of the command use. */
const created = {
  shared: () => create(rootOf({ limiter, perUserAndAddress: 2 })),
  memory: () => create(rootOf({})),
  open: () => create(class {}),
};

function rootOf(limits: LimitOptions) {
  @Module(application(limits))
  class AppModule {}
  return AppModule;
}

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-cli-'));
  Object.assign(globalThis, { created });
  writeFileSync(join(cwd, 'app.mjs'), 'export const { shared, memory, open } = globalThis.created;');
});

afterAll(() => rmSync(cwd, { recursive: true }));

/** Returns the output of the command and its exit code. */
async function command(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const ask = () => Promise.reject(new Error('the command does not ask for a password'));
  const code = await run(args, { cwd, out: (line) => out.push(line), err: (line) => err.push(line), ask });
  return { code, out: out.join('\n').replaceAll(/for \d{3} s/g, 'for N s'), err };
}

describe('nestjs-http-auth limits', () => {
  it('prints and resets the limits in the shared store of an application', async () => {
    const app = await start(new ExpressAdapter(), application({ limiter, perUserAndAddress: 2 }));
    const statusOf = async (password: string) =>
      (await send(app, '/', { headers: basicAuthorization('alice', password) })).status;
    expect([await statusOf('one'), await statusOf('two'), await statusOf('three')]).toEqual([401, 401, 429]);
    expect(await command('limits', 'app.mjs#shared', 'alice', '--address', '127.0.0.1')).toEqual({
      code: 0,
      out: [
        'scheme  limit              failures  state',
        'Basic   perUserAndAddress  2 of 2    reached, for N s',
        'Basic   perAddress         2 of 100',
        'Basic   perUser            2 of 100',
      ].join('\n'),
      err: [],
    });
    expect(await command('limits', 'app.mjs#shared', 'Alice', '--release')).toMatchObject({
      code: 0,
      out: expect.stringContaining('perUser  0 of 100'),
    });
    expect(await command('limits', 'app.mjs#shared', '--address', '127.0.0.1')).toMatchObject({
      out: expect.stringContaining('perAddress  2 of 100'),
    });
    const json = await command('limits', 'app.mjs#shared', '--address', '127.0.0.1', '--json');
    expect(JSON.parse(json.out)).toMatchObject([{ scheme: 'Basic', limit: 'perAddress', failures: 2, max: 100 }]);
    // The running application learns of it when its counter is full again, at most a second later.
    while ((await statusOf('four')) === 429) await setTimeout(100);
    expect(await app.get(AuthLimits).status('alice')).toMatchObject([{ failures: 1 }]);
  });

  it.each([
    ['no module', [], 'the arguments must be a module and a username; see --help'],
    ['two usernames', ['app.mjs#shared', 'alice', 'bob'], 'the arguments must be a module and a username; see --help'],
    ['no client', ['app.mjs#shared'], 'give a username, an address, or both'],
    ['an invalid address', ['app.mjs#shared', '--address', 'x'], "'x' is not an IP address"],
    ['an unknown option', ['app.mjs#shared', 'alice', '--all'], "Unknown option '--all'; see --help"],
  ])('exits with 2 and a clear message for %s', async (_, args, message) => {
    expect(await command('limits', ...args)).toEqual({
      code: 2,
      out: '',
      err: [`nestjs-http-auth limits: ${message}`],
    });
  });

  it.each([
    ['in memory', 'memory', /^app\.mjs#memory: the limits are in the memory of each process, .* set limits\.redis/],
    ['missing', 'open', /^app\.mjs#open: the application does not import AuthModule/],
  ])('exits with 2 if the limits of the application are %s', async (_, name, message) => {
    const { code, err } = await command('limits', `app.mjs#${name}`, 'alice', '--release');
    expect([code, err]).toEqual([2, [expect.stringMatching(message)]]);
  });
});
