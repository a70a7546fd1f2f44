export { type DpopAlgorithm, type DpopKey, dpopKey, dpopProof, type DpopProofOptions } from './dpop.proof.js';
export { type ExpectedParams, type HttpAuthMatchers, httpAuthMatchers } from './matchers.js';
export { withTestUsers } from './test.authenticator.js';
export { asUser, type TestAuthInfo, type TestCredentials } from './test.user.js';
