import { describeBrowser } from './support/describe-browser.js';
import { webkit } from './support/webkit.js';

describeBrowser('WebKitGTK', webkit, {
  answers: { 'Digest with SHA-256': { copes: false, exchanges: ['none 401'], remark: 'it ignores SHA-256' } },
  hidesRealm: true,
  webSocket: { copes: false, remark: 'it sends no password with a WebSocket' },
  cancelled: 'it stays on the previous page, and does not show the body of the 401',
});
