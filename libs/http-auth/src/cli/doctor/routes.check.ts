import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../../routes/route.table.js';
import { Baseline, BASELINE_FILE } from '../baseline.js';
import type { Application, Check, Finding } from './check.js';

/** The routes without credentials. */
export const routes: Check<Application> = {
  name: 'open routes',
  run({ routes: all, routeWarnings, cwd, target }) {
    const open = all.filter(({ access }) => access !== 'required');
    const accepted = existsSync(join(cwd, BASELINE_FILE));
    const { added } = accepted
      ? new Baseline(join(cwd, BASELINE_FILE), BASELINE_FILE).compare(all)
      : { added: open.map((route) => `${placeOf(route)} ${route.method} ${route.access}`) };
    const unguarded = open.filter(({ because }) => because === 'no guard');
    const findings: Finding[] = routeWarnings.map((message) => ({ level: 'WARN', message }));
    if (unguarded.length > 0) {
      findings.push({
        level: 'WARN',
        message: `HttpAuthGuard does not run on ${listOf(unguarded.map((route) => `${route.method} ${placeOf(route)}`))}`,
        fix: 'remove globalGuard: false, or add @UseGuards(HttpAuthGuard) to these routes',
      });
    }
    if (added.length > 0) {
      findings.push({
        level: 'WARN',
        message: `routes without credentials: ${added.length} of ${all.length} (${listOf(added)})`,
        fix: `close them, or accept them: npx nestjs-http-auth routes ${target} --update-baseline`,
      });
    }
    if (findings.length > 0) return findings;
    const message = open.length === 0 ? 'all need credentials' : `${open.length} open as in ${BASELINE_FILE}`;
    return [{ level: 'OK', message: `routes: ${all.length}, ${message}` }];
  },
};

/** The maximum number of routes in a message. */
const MAX = 5;

function listOf(names: readonly string[]): string {
  const more = names.length - MAX;
  return names.slice(0, MAX).join(', ') + (more > 0 ? `, and ${more} more` : '');
}
