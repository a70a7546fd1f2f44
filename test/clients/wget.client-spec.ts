import { describeClient } from './support/describe-client.js';
import { run } from './support/run.js';

describeClient('Wget', {
  async get({ url, credentials: [{ username, password }] }) {
    const { stdout, stderr } = await run('wget', [
      `--user=${username}`,
      `--password=${password}`,
      '--tries=1',
      '--server-response',
      '--content-on-error',
      '--output-document=-',
      url,
    ]);
    const statuses = [...stderr.matchAll(/^ *HTTP\/1\.1 (\d{3})/gm)];
    return { status: Number(statuses.at(-1)?.[1]), body: stdout || undefined };
  },
  answers: {
    Basic: {},
    'Basic after Bearer': {},
    'Basic after Bearer, on one line': {},
    'Basic in UTF-8': {},
    'wrong password': {},
    Digest: {},
    'Digest over Basic': {},
  },
});
