/**
 * Verifiers of passwords for `basic()`, and the hashes that they compare.
 *
 * ```ts
 * import { htpasswd, passwords, users } from 'nestjs-http-auth/passwords';
 * ```
 *
 * @module nestjs-http-auth/passwords
 */

export { htpasswd } from './htpasswd.js';
export { type HashAlgorithm, type HashOptions, password } from './password.js';
export { type FindUser, passwords, type PasswordsOptions, type StoredUser } from './passwords.js';
export type { PasswordCredentials } from './password.credentials.js';
export { users, type UsersOptions } from './users.js';
export type { VerifiedCacheOptions } from './password.cache.js';
export type { NamedUser, PasswordVerifier, PasswordVerifierOptions } from './password.verifier.js';
