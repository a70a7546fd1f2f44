import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeClient } from './support/describe-client.js';
import { greeting } from './support/git-backend.js';
import { run } from './support/run.js';

/** A credential helper, which Git calls after a 401. It prints the username and the password of the environment. */
const helper =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$CLIENT_USERNAME" "$CLIENT_PASSWORD"; }; f';

/** The three authenticated requests of a clone. */
const clone = (scheme: string) => Array.from({ length: 3 }, () => `${scheme} 200`);

describeClient('Git', {
  async get({ url, credentials: [{ username, password }] }) {
    const folder = await mkdtemp(join(tmpdir(), 'clone-'));
    try {
      const { code, stderr } = await run(
        'git',
        ['-c', `credential.helper=${helper}`, 'clone', '--quiet', `${url}/repository.git`, folder],
        { CLIENT_USERNAME: username, CLIENT_PASSWORD: password, GIT_TERMINAL_PROMPT: '0' },
      );
      if (/Authentication failed/.test(stderr)) return { status: 401 };
      if (code !== 0) throw new Error(stderr);
      const cloned = await readFile(join(folder, 'greeting.txt'), 'utf8');
      if (cloned !== greeting) throw new Error(`greeting.txt: the clone has the wrong content: ${cloned}`);
      return { status: 200 };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  answers: {
    Basic: { exchanges: ['none 401', ...clone('Basic')] },
    'Basic after Bearer': { exchanges: ['none 401', 'none 401', ...clone('Basic')] },
    'Basic after Bearer, on one line': { exchanges: ['none 401', 'none 401', ...clone('Basic')] },
    'Basic in UTF-8': { exchanges: ['none 401', ...clone('Basic')] },
    'wrong password': {},
    Digest: { exchanges: ['none 401', ...clone('Digest')] },
    'Digest over Basic': { exchanges: ['none 401', 'none 401', ...clone('Digest')] },
  },
});
