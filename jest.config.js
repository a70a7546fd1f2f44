/** @type {import('jest').Config} */
export default {
  rootDir: '.',
  roots: ['<rootDir>/src', '<rootDir>/libs', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-http-auth$': '<rootDir>/libs/http-auth/src/index.ts',
    '^nestjs-http-auth/(jwt|introspection)$': '<rootDir>/libs/http-auth/src/tokens/$1/index.ts',
    '^nestjs-http-auth/(certificates|digest|dpop)$': '<rootDir>/libs/http-auth/src/schemes/$1/index.ts',
    '^nestjs-http-auth/(.*)$': '<rootDir>/libs/http-auth/src/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/libs/http-auth/dist', '<rootDir>/dist'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
      },
    ],
  },
  // Property tests take longer than 5 seconds on a busy machine.
  testTimeout: 300_000,
  collectCoverageFrom: ['src/**/*.ts', 'libs/*/src/**/*.ts', '!**/*.spec.ts', '!**/index.ts', '!src/main.ts'],
  // Modules of finished test files stay in memory (https://github.com/jestjs/jest/issues/14605), so Jest restarts a large worker.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '1GB',
  coverageProvider: 'babel',
  coverageThreshold: { global: { statements: 90, branches: 90, functions: 90, lines: 90 } },
};
