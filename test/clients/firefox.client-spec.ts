import { describeBrowser } from './support/describe-browser.js';
import { firefox } from './support/firefox.js';

describeBrowser('Firefox', firefox, { webSocket: { remark: 'it prompts' } });
