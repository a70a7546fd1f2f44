/**
 * Test users, matchers for challenges, and DPoP proofs for the tests of an application.
 *
 * ```ts
 * import { asUser, httpAuthMatchers, withTestUsers } from 'nestjs-http-auth/testing';
 * ```
 *
 * @module nestjs-http-auth/testing
 */

export { type DpopAlgorithm, type DpopKey, dpopKey, dpopProof, type DpopProofOptions } from './dpop.proof.js';
export { type ExpectedParams, type HttpAuthMatchers, httpAuthMatchers } from './matchers.js';
export { type ProviderOverrides, withTestUsers } from './test.authenticator.js';
export { asUser, type TestAuthInfo, type TestCredentials } from './test.user.js';
