import { authSchemeOf } from '../../schemes/auth.scheme.js';
import type { Application, Check, Finding } from './check.js';

/** The auth-schemes that check passwords. */
const WITH_PASSWORDS = ['basic', 'digest'];

/** The limits on failed logins. */
export const limits: Check<Application> = {
  name: 'limits',
  run({ schemes }) {
    const unlimited = schemes.filter(
      (scheme) => WITH_PASSWORDS.includes(authSchemeOf(scheme)) && scheme.limits === undefined,
    );
    const findings: Finding[] = unlimited.map(({ name }) => ({
      level: 'WARN',
      message: `${name} does not limit failed logins, so passwords can be guessed without an end`,
      fix: 'remove limits: false, or limit the attempts in your own scheme',
    }));
    const inMemory = schemes.filter((scheme) => scheme.limits?.isShared === false).map(({ name }) => name);
    if (inMemory.length > 0) {
      findings.push({
        level: 'INFO',
        message: `${inMemory.join(', ')}: failures are counted in memory, so each instance of the application allows all of them`,
        fix: 'if there are several instances, set limits.redis',
      });
    }
    if (findings.length > 0) return findings;
    const message = schemes.some((scheme) => scheme.limits !== undefined)
      ? 'failed logins are limited, for all instances together'
      : 'the application has no scheme with passwords';
    return [{ level: 'OK', message }];
  },
};
