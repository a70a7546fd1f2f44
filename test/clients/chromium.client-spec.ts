import { chromium } from './support/chromium.js';
import { describeBrowser } from './support/describe-browser.js';

describeBrowser('Chromium', chromium, {
  answers: {
    'Basic beside Bearer, on one line': {
      copes: false,
      exchanges: ['none 401'],
      remark: 'it takes each field line for one challenge',
    },
  },
});
