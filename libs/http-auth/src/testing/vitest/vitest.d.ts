/** The part of Vitest that we use, for compilation without Vitest. */
declare module 'vitest' {
  export const expect: { extend(matchers: object): void };
}
