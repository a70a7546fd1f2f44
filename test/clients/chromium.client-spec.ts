import { chromium } from './support/chromium.js';
import { describeBrowser } from './support/describe-browser.js';

describeBrowser('Chromium', chromium, {
  answers: {
    'Basic after Bearer, on one line': {
      copes: false,
      exchanges: ['none 401'],
      remark: 'it reads each field line as one challenge',
    },
  },
});
