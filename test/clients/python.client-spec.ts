import { type Answer, type Ask, describeClient } from './support/describe-client.js';
import { argumentsOf, driver, replyOf } from './support/drivers.js';
import { run } from './support/run.js';

/** Debian's Python, because only it finds the packages that Debian installs. */
const python = '/usr/bin/python3';

const urllib = (handlers: string) => async (ask: Ask) => {
  const outcome = await run(python, [driver('urllib-client.py'), handlers, ...argumentsOf(ask)]);
  return /^ValueError: .* following scheme: 'Bearer'/m.test(outcome.stderr) ? { status: 0 } : replyOf(outcome);
};

describeClient('Python, urllib', {
  get: urllib('basic'),
  answers: {
    Basic: {},
    'Basic after Bearer': {},
    'Basic after Bearer, on one line': {},
    'Basic in UTF-8': {},
    'password by realm': {},
    'wrong password': {},
  },
});

const onlyTheFirst: Answer = {
  copes: false,
  exchanges: ['none 401'],
  status: 0,
  remark: 'the Digest handler reads only the first challenge, and raises ValueError unless it is Digest or Basic',
};

describeClient('Python, urllib with its Digest handler', {
  get: urllib('basic+digest'),
  answers: {
    Basic: {},
    'Basic after Bearer': onlyTheFirst,
    'Basic after Bearer, on one line': onlyTheFirst,
    'Basic in UTF-8': {},
    'password by realm': {},
    'wrong password': {},
    Digest: {},
    'Digest over Basic': {
      copes: false,
      exchanges: ['none 401', 'Basic 200'],
      remark: 'it answers the first challenge, which is Basic',
    },
  },
});

const preemptive: Answer = {
  exchanges: ['Basic 200'],
  remark: 'it sends the password with the first request, before a challenge',
};

describeClient('Python, Requests', {
  async get(ask, column) {
    const kind = column.startsWith('Digest') ? 'digest' : column === 'Basic in UTF-8' ? 'bytes' : 'basic';
    return replyOf(await run(python, [driver('requests-client.py'), kind, ...argumentsOf(ask)]));
  },
  answers: {
    Basic: preemptive,
    'Basic after Bearer': preemptive,
    'Basic after Bearer, on one line': preemptive,
    'Basic in UTF-8': {
      ...preemptive,
      remark: 'only if the password is bytes, because it encodes a str as ISO-8859-1',
    },
    'wrong password': { exchanges: ['Basic 401'] },
    Digest: {},
    'Digest with SHA-256': {},
    'Digest over Basic': {},
  },
});
