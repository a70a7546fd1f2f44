import { ISSUERS, type KeyedVerifier } from '../../common/measure.js';
import type { Application, Check, Finding } from './check.js';

/** If the issuers of JWTs answer. */
export const issuers: Check<Application> = {
  name: 'issuers',
  async run({ isOnline }) {
    const verifiers: KeyedVerifier[] = [];
    ISSUERS.publish((verifier) => verifiers.push(verifier));
    if (verifiers.length === 0) return [{ level: 'OK', message: 'the application has no issuers of JWTs' }];
    if (!isOnline) {
      return [{ level: 'INFO', message: 'the issuers of JWTs were not asked', fix: 'ask them with --online' }];
    }
    await Promise.allSettled(verifiers.map((verifier) => verifier.fetchKeys()));
    const findings = verifiers
      .flatMap((verifier) => verifier.issuers())
      .map(({ issuer, ready, error }): Finding => {
        if (ready) return { level: 'OK', message: `${issuer}: its keys are loaded` };
        const message = `${issuer}: its keys cannot be fetched: ${error ?? 'it depends on the request'}`;
        return {
          level: error === undefined ? 'INFO' : 'FAIL',
          message,
          fix: 'check the URL, the network and the proxy',
        };
      });
    return findings.length > 0 ? findings : [{ level: 'INFO', message: 'the issuers depend on the request' }];
  },
};
