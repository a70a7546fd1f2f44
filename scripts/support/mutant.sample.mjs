import { createHash } from 'node:crypto';
import { CheckStatus } from '@stryker-mutator/api/check';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Chooses the part of the mutants that `npm run mutate -- --share` tests. The same code has the same sample in each run. */
export function inSample({ id }, share) {
  return createHash('sha256').update(id).digest().readUInt32BE() / 2 ** 32 < share;
}

/** Stryker has no status for a mutant that is not in the sample, so the mutant gets one that has no influence on the score. */
class Sample {
  async init() {}

  async check(mutants) {
    const share = Number(process.env.MUTATE_SHARE);
    const statusOf = (mutant) => (inSample(mutant, share) ? CheckStatus.Passed : CheckStatus.CompileError);
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, { status: statusOf(mutant), reason: 'not chosen' }]));
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', Sample)];
