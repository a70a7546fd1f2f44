import Sequencer from '@jest/test-sequencer';

/** The file that needs half of the time of all. Without results of an earlier run, Jest starts large files first, and this one is small. */
const LONGEST = 'webkit.client-spec.ts';

/** Starts the longest test file first, so that the other files run at the same time. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return tests.toSorted((one, other) => rank(one) - rank(other));
  }
}

const rank = ({ path }) => (path.endsWith(LONGEST) ? 0 : 1);
