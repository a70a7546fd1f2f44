import { describeBrowser } from './support/describe-browser.js';
import { webkit } from './support/webkit.js';

describeBrowser('WebKitGTK', webkit, {
  hidesRealm: true,
  cancelled: 'it stays on the previous page, and does not show the body of the 401',
});
