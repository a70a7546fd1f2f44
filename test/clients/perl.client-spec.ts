import { describeClient } from './support/describe-client.js';
import { argumentsOf, driver, replyOf } from './support/drivers.js';
import { run } from './support/run.js';

describeClient('Perl, LWP', {
  get: async (ask) => replyOf(await run('perl', [driver('lwp-client.pl'), ...argumentsOf(ask)])),
  answers: {
    Basic: {},
    'Basic after Bearer': {},
    'Basic beside Bearer, on one line': {
      copes: false,
      exchanges: ['none 401'],
      remark: 'it takes each field line for one challenge',
    },
    'Basic in UTF-8': {},
    'password by realm': {},
    'wrong password': {},
    Digest: {},
    'Digest over Basic': {
      copes: false,
      exchanges: ['none 401', 'Basic 200'],
      remark: 'it takes the first challenge that it can answer, which is Basic',
    },
  },
});
