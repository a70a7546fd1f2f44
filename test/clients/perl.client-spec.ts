import { describeClient } from './support/describe-client.js';
import { argumentsOf, driver, replyOf } from './support/drivers.js';
import { run } from './support/run.js';

describeClient('Perl, LWP', {
  get: async (ask) => replyOf(await run('perl', [driver('lwp-client.pl'), ...argumentsOf(ask)])),
  answers: {
    Basic: {},
    'Basic after Bearer': {},
    'Basic after Bearer, on one line': {
      copes: false,
      exchanges: ['none 401'],
      remark: 'it reads each field line as one challenge',
    },
    'Basic in UTF-8': {},
    'password by realm': {},
    'wrong password': {},
    Digest: {},
    'Digest over Basic': {
      copes: false,
      exchanges: ['none 401', 'Basic 200'],
      remark: 'it answers the first challenge that it supports, which is Basic',
    },
  },
});
