/** As much of Vitest as is used here, where it is not installed: those who test with it bring it. */
declare module 'vitest' {
  export const expect: { extend(matchers: object): void };
}
