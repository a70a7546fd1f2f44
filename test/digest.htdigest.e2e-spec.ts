import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { AuthModule, CurrentUser } from 'nestjs-http-auth';
import { digest, htdigest } from 'nestjs-http-auth/digest';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';
import { answerDigest, digestChallenges, digestField, hash } from './support/digest.js';
import { RecordingLogger } from './support/logger.js';

const realm = 'Staging';
const line = (algorithm: string, name: string, password: string, space = realm) =>
  `${name}:${space}:${hash(algorithm, name, space, password)}`;

@Controller()
class ReportsController {
  @Get() list(@CurrentUser() user: unknown) {
    return user;
  }
}

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'htdigest-'));
  file = join(folder, 'users.htdigest');
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(adapters)('htdigest() on %s', (_name, adapter) => {
  const application = (logger = new RecordingLogger()) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm,
            schemes: [digest(htdigest(file), { algorithms: ['SHA-256', 'MD5'], userhash: true, limits: false })],
          }),
        ],
        controllers: [ReportsController],
      },
      undefined,
      { logger },
    );

  async function login(app: INestApplication, username: string, password: string, index = 0, userhash = false) {
    const params = digestChallenges((await send(app, '/')).challenges)[index] ?? {};
    const { fields } = answerDigest({ username, password, params, uri: '/' });
    const hashed = { username: hash(params['algorithm'] ?? '', username, realm), userhash: 'true' };
    const sent = { ...fields, username: Buffer.from(username).toString('latin1'), ...(userhash && hashed) };
    return send(app, '/', { headers: { authorization: digestField(sent) } });
  }

  it('accepts users of SHA-256 and of MD5, also by the hash of their names', async () => {
    const lines = [
      '# users',
      '',
      line('SHA-256', 'alice', 'one'),
      line('MD5', 'alice', 'two'),
      line('SHA-256', 'Zoë', '€'),
    ];
    writeFileSync(file, `\ufeff${lines.join('\r\n')}\r\n`);
    const app = await application();
    expect((await login(app, 'alice', 'one')).json()).toEqual({ name: 'alice' });
    expect((await login(app, 'alice', 'two', 1)).status).toBe(200);
    expect((await login(app, 'alice', 'two')).status).toBe(401);
    expect((await login(app, 'Zoë', '€')).json()).toEqual({ name: 'Zoë' });
    expect((await login(app, 'Zoë', '€', 0, true)).json()).toEqual({ name: 'Zoë' });
    expect((await login(app, 'nobody', 'one')).status).toBe(401);
  });

  it('[DIG-15] does not accept the user of another realm', async () => {
    writeFileSync(file, line('SHA-256', 'alice', 'one', 'Other'));
    expect((await login(await application(), 'alice', 'one')).status).toBe(401);
  });

  it.each([
    ['has only hashes by MD5', () => line('MD5', 'alice', 'one')],
    ['has only another realm', () => line('SHA-256', 'alice', 'one', 'Other')],
    ['is empty', () => ''],
  ])('logs once that nobody can log in if the file %s', async (_what, text) => {
    writeFileSync(file, text());
    const logger = new RecordingLogger();
    const app = await application(logger);
    await login(app, 'alice', 'one');
    await login(app, 'alice', 'one');
    const warning = `htdigest(): no line of ${file} has the realm "Staging" and a hash by SHA-256, so nobody can log in`;
    expect(logger.text().split(warning)).toHaveLength(2);
  });

  it('logs no warning if the file has the realm and the algorithm, but not the user', async () => {
    writeFileSync(file, line('SHA-256', 'alice', 'one'));
    const logger = new RecordingLogger();
    expect((await login(await application(logger), 'nobody', 'one')).status).toBe(401);
    expect(logger.text()).not.toContain('nobody can log in');
  });

  it('reads the file again within a second if it changes, and keeps the users if it disappears', async () => {
    writeFileSync(file, line('SHA-256', 'alice', 'one'));
    const logger = new RecordingLogger();
    const app = await application(logger);
    expect((await login(app, 'alice', 'one')).status).toBe(200);
    let now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    writeFileSync(`${file}.new`, line('SHA-256', 'alice', 'two'));
    renameSync(`${file}.new`, file);
    now += 1001;
    expect((await login(app, 'alice', 'one')).status).toBe(401);
    expect((await login(app, 'alice', 'two')).status).toBe(200);
    rmSync(file);
    now += 1001;
    expect((await login(app, 'alice', 'two')).status).toBe(200);
    expect(logger.text()).toContain('cannot be read (ENOENT); its last users stay valid until it is back');
  });

  it('skips invalid lines, and logs their numbers without their content', async () => {
    const good = line('SHA-256', 'alice', 'one');
    writeFileSync(file, good);
    const logger = new RecordingLogger();
    const app = await application(logger);
    const now = performance.now() + 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    writeFileSync(file, ['a:b', 'a:b:c:d', `a:b:${'g'.repeat(32)}`, 'a:b:abc', good, good].join('\n'));
    expect((await login(app, 'alice', 'one')).status).toBe(200);
    for (const number of [1, 2])
      expect(logger.text()).toContain(`line ${number} is skipped: it is not username:realm:hash`);
    for (const number of [3, 4]) expect(logger.text()).toContain(`line ${number} is skipped: its hash is neither`);
    expect(logger.text()).toContain('line 6 is skipped: an earlier line');
    expect(logger.text()).not.toContain(good.slice(-64));
  });
});

it.each([undefined, '', 5])('stops startup if htdigest() gets %j instead of a path', (path) => {
  expect(() => htdigest(path as never)).toThrow(
    expect.objectContaining({
      code: 'ERR_AUTH_HTDIGEST_FILE',
      message: "htdigest(): pass the path of a file, e.g. './users.htdigest'",
    }),
  );
});

it('stops startup if the file of htdigest() cannot be read', () => {
  expect(() => htdigest(file)).toThrow(
    expect.objectContaining({
      code: 'ERR_AUTH_HTDIGEST_FILE',
      message: `htdigest(): ${file} cannot be read (ENOENT); create it with lines of the form username:realm:hash`,
    }),
  );
});
