import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import { AuthModule, basic, CurrentUser } from 'nestjs-http-auth';
import { htpasswd } from 'nestjs-http-auth/passwords';
import { adapters, start } from '../support/application.js';
import { basicAuthorization, send } from '../support/client.js';
import { RecordingLogger } from '../support/logger.js';

@Controller()
class MeController {
  @Get()
  me(@CurrentUser() user: unknown) {
    return user;
  }
}

/** Passwords that one of the programs may handle wrongly. */
const passwords = ['wonder:land', 'grün€😀', ' two  blanks ', '$1$dollars', 'x'.repeat(72)];

let folder: string;
let log: RecordingLogger;
const file = () => join(folder, 'users.htpasswd');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-parts-'));
  log = new RecordingLogger();
  Logger.overrideLogger(log);
});

afterEach(() => {
  Logger.overrideLogger(false);
  rmSync(folder, { recursive: true });
});

/** Adds a user with Apache's htpasswd. */
function add(username: string, password: string, ...flags: string[]): void {
  appendFileSync(file(), '');
  execFileSync('htpasswd', ['-i', ...flags, file(), username], {
    input: password,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** Adds a user whose hash is from openssl passwd. */
function addByOpenSsl(username: string, password: string, ...flags: string[]): void {
  const hash = execFileSync('openssl', ['passwd', ...flags, '-stdin'], { input: password, encoding: 'utf8' });
  appendFileSync(file(), `${username}:${hash}`);
}

describe.each(adapters)('htpasswd() on %s', (_name, adapter) => {
  const application = () =>
    start(adapter(), {
      // No limits, because the test sends a new password until the file was read again.
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(htpasswd(file()), { limits: false })] })],
      controllers: [MeController],
    });

  it.each<[program: string, algorithm: string, add: (username: string, password: string) => void]>([
    ['Apache', 'bcrypt', (...user) => add(...user, '-B')],
    ['Apache', 'bcrypt of cost 7', (...user) => add(...user, '-B', '-C', '7')],
    ['Apache', 'apr1', (...user) => add(...user, '-m')],
    ['Apache', '{SHA}', (...user) => add(...user, '-s')],
    ['Apache', 'SHA-256', (...user) => add(...user, '-2')],
    ['Apache', 'SHA-512', (...user) => add(...user, '-5')],
    ['Apache', 'SHA-512 of 6,000 rounds', (...user) => add(...user, '-5', '-r', '6000')],
    ['OpenSSL', 'apr1', (...user) => addByOpenSsl(...user, '-apr1')],
    ['OpenSSL', 'SHA-256', (...user) => addByOpenSsl(...user, '-5')],
    ['OpenSSL', 'SHA-512', (...user) => addByOpenSsl(...user, '-6')],
  ])('authenticates users that %s wrote with %s, and rejects wrong passwords', async (_program, _algorithm, write) => {
    for (const [index, password] of passwords.entries()) write(`user${index}`, password);
    const app = await application();
    for (const [index, password] of passwords.entries()) {
      const as = (given: string) => send(app, '/', { headers: basicAuthorization(`user${index}`, given) });
      const answer = await as(password);
      expect([answer.status, answer.json()]).toEqual([200, { name: `user${index}` }]);
      for (const wrong of [`${password.slice(0, -1)}y`, password.slice(1), '']) {
        expect(await as(wrong)).toMatchObject({ status: 401, challenges: { length: 1 } });
      }
    }
    expect(log.text()).toBe('');
  });

  it.each([
    ['DES crypt', '-d', /line 1 is skipped: its password is a DES crypt hash or plain text, and both are unsafe/],
    ['plain text', '-p', /line 1 is skipped: its password is plain text/],
  ])('rejects %s with a message that names the format and does not contain the line', async (_what, flag, sentence) => {
    add('alice', 'wonderland', flag);
    add('bob', 'builder', '-B');
    const app = await application();
    expect(log.text()).toMatch(sentence);
    expect(log.text()).not.toMatch(/alice|wonderland/);
    const status = async (...user: [string, string]) =>
      (await send(app, '/', { headers: basicAuthorization(...user) })).status;
    expect([await status('alice', 'wonderland'), await status('bob', 'builder')]).toEqual([401, 200]);
  });

  it('applies changes of the file while the application runs', async () => {
    add('alice', 'wonder:land', '-B');
    const app = await application();
    const status = async (password: string) =>
      (await send(app, '/', { headers: basicAuthorization('alice', password) })).status;
    expect(await status('wonder:land')).toBe(200);
    add('alice', 'looking-glass', '-B');
    while ((await status('looking-glass')) !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await status('wonder:land')).toBe(401);
    execFileSync('htpasswd', ['-D', file(), 'alice'], { stdio: 'ignore' });
    while ((await status('looking-glass')) !== 401) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(log.text()).toBe('');
  });
});
