import { HASHES, type StoredHashes } from '../../common/measure.js';
import type { Application, Check, Finding } from './check.js';

/** The strength of the password hashes that `users()`, `htpasswd()` and `htdigest()` have. */
export const passwords: Check<Application> = {
  name: 'passwords',
  run() {
    const all: StoredHashes[] = [];
    HASHES.publish((hashes) => all.push(hashes));
    const findings = all.flatMap(findingsOf);
    if (findings.length > 0) return findings;
    if (all.length === 0) return [{ level: 'OK', message: 'no hashes are in files or in the configuration' }];
    const count = all.reduce((sum, hashes) => sum + hashes.count, 0);
    return [{ level: 'OK', message: `hashes: ${count}, all as strong as OWASP recommends` }];
  },
};

const NEW_HASHES = 'make new hashes: npx nestjs-http-auth hash';

function findingsOf({ source, count, weak, skipped, fix = NEW_HASHES }: StoredHashes): Finding[] {
  const findings: Finding[] = skipped.map((line) => ({
    level: 'WARN',
    message: `${source}: a user cannot log in because of ${line}`,
  }));
  for (const [profile, weaker] of weak) {
    findings.push({
      level: 'WARN',
      message: `${source}: hashes weaker than OWASP recommends: ${weaker} of ${count} (${profile})`,
      fix,
    });
  }
  return findings;
}
