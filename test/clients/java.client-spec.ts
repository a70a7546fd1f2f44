import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type Ask, describeClient } from './support/describe-client.js';
import { argumentsOf, driver, replyOf } from './support/drivers.js';
import { run } from './support/run.js';

let classes: string;

beforeAll(async () => {
  classes = await mkdtemp(join(tmpdir(), 'classes-'));
  const { code, stderr } = await run('javac', ['-d', classes, driver('JavaClient.java')]);
  if (code !== 0) throw new Error(stderr);
});

afterAll(() => rm(classes, { recursive: true, force: true }));

const get = (client: string) => async (ask: Ask) => {
  const outcome = await run('java', ['-cp', classes, 'JavaClient', client, ...argumentsOf(ask)]);
  return /IOException: No credentials provided/.test(outcome.stderr) ? { status: 0 } : replyOf(outcome);
};

const answers = {
  Basic: {},
  'Basic after Bearer': {},
  'Basic in UTF-8': {},
  'password by realm': {},
};

describeClient('Java, HttpURLConnection', {
  get: get('HttpURLConnection'),
  answers: {
    ...answers,
    'Basic after Bearer, on one line': {},
    'wrong password': {},
    Digest: {},
    'Digest over Basic': {},
  },
});

describeClient('Java, HttpClient', {
  get: get('HttpClient'),
  answers: {
    ...answers,
    'Basic after Bearer, on one line': {
      copes: false,
      exchanges: ['none 401'],
      remark: 'it reads each field line as one challenge',
    },
    'wrong password': { status: 0, remark: 'with an IOException, if the Authenticator has no other password' },
  },
});
