/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.mutate.config.js', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  // A mutant that runs when a file is loaded would need every test.
  ignoreStatic: true,
  ignorePatterns: ['bench/dist', 'dist', 'libs/http-auth/dist', 'coverage'],
  reporters: ['json'],
  jsonReporter: { fileName: 'coverage/mutation.json' },
  timeoutMS: 20_000,
};
