import { describeClient } from './support/describe-client.js';
import { run } from './support/run.js';

describeClient('curl', {
  async get({ url, token, credentials: [{ username, password }] }, column) {
    const who = column === 'Bearer' ? ['--oauth2-bearer', token] : ['--user', `${username}:${password}`];
    const { stdout, stderr } = await run('curl', [
      '--silent',
      '--anyauth',
      ...who,
      '--write-out',
      '%{stderr}%{http_code}',
      url,
    ]);
    return { status: Number(stderr), body: stdout };
  },
  answers: {
    Basic: {},
    'Basic after Bearer': {},
    'Basic after Bearer, on one line': {},
    'Basic in UTF-8': {},
    'wrong password': {},
    Digest: {},
    'Digest with SHA-256': {},
    'Digest over Basic': {},
    Bearer: {},
  },
});
