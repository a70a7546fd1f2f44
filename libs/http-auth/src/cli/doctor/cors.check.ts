import { authSchemeOf } from '../../schemes/auth.scheme.js';
import type { Application, Check, Finding } from './check.js';
import { unknownSetting } from './check.js';

/** The options of CORS that matter to authentication. */
interface CorsOptions {
  readonly origin?: unknown;
  readonly credentials?: unknown;
  readonly allowedHeaders?: string | readonly string[];
}

/** The auth-schemes whose credentials are always in the field `Authorization`. */
const IN_AUTHORIZATION = ['basic', 'bearer', 'dpop'];

/** Which pages of other origins may use the application with credentials. */
export const cors: Check<Application> = {
  name: 'CORS',
  run({ cors: options, isComplete, schemes }) {
    if (options === false) {
      return isComplete
        ? [
            {
              level: 'OK',
              message:
                'enableCors() is not called, so pages of other origins cannot read responses, unless a middleware allows them',
            },
          ]
        : unknownSetting('CORS is');
    }
    if (typeof options === 'function') {
      return [{ level: 'INFO', message: 'a function decides about each request, so its origins are not known' }];
    }
    const { origin = '*', credentials, allowedHeaders } = (options === true ? {} : options) as CorsOptions;
    const findings: Finding[] = [];
    const origins = [origin].flat();
    if (credentials === true && origins.some(acceptsEveryOrigin)) {
      const everyone = origins.includes('*')
        ? "origin is '*', so browsers refuse each response to a request with credentials"
        : 'every page of the web may use the application with the credentials of its visitors';
      findings.push({
        level: 'FAIL',
        message: `credentials: true, and ${everyone}`,
        fix: 'list the origins of your pages',
      });
    }
    const deciding = origins.find((one) => typeof one === 'function' || one instanceof RegExp);
    if (findings.length === 0 && deciding !== undefined) {
      const kind = typeof deciding === 'function' ? 'a function' : 'a regular expression';
      findings.push({ level: 'INFO', message: `${kind} decides about each origin, so the origins are not known` });
    }
    const needsField = schemes.some((scheme) => IN_AUTHORIZATION.includes(authSchemeOf(scheme)));
    const allowed = typeof allowedHeaders === 'string' ? allowedHeaders.split(',') : allowedHeaders;
    const names = allowed?.map((name) => name.trim().toLowerCase());
    if (needsField && names?.includes('authorization') === false) {
      const message = 'allowedHeaders has no Authorization, so scripts of other origins cannot send credentials';
      findings.push({ level: 'WARN', message, fix: 'add Authorization to allowedHeaders' });
    }
    if (findings.length > 0) return findings;
    return [
      { level: 'OK', message: 'scripts of allowed origins can read WWW-Authenticate, which the library exposes' },
    ];
  },
};

/** Returns `true` if a value of `origin` accepts an origin that the application does not list. */
function acceptsEveryOrigin(origin: unknown): boolean {
  return origin === '*' || origin === true || (origin instanceof RegExp && origin.test('https://unknown.invalid'));
}
