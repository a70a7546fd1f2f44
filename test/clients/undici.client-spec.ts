import { get } from './drivers/undici-client.js';
import { describeClient } from './support/describe-client.js';

describeClient('Node, undici with `parseChallenges()`', {
  get: (ask, column) => get(ask, column === 'Bearer' ? ask.token : undefined),
  answers: {
    Basic: {},
    'Basic after Bearer': {},
    'Basic after Bearer, on one line': {},
    'Basic in UTF-8': {},
    'password by realm': {},
    'wrong password': {},
    Digest: {},
    'Digest with SHA-256': {},
    'Digest over Basic': {},
    Bearer: {},
  },
});
