import { AuthConfigurationError } from '../../common/configuration.error.js';
import { jwt } from '../../tokens/jwt/jwt.js';
import { CliError } from '../cli.error.js';

/** The code that `init` adds for a scheme. */
export interface Recipe {
  /** The imported names of each module. */
  readonly imports: Readonly<Record<string, readonly string[]>>;
  /** The lines of the option `schemes`. */
  schemes(local: (name: string) => string, literal: (text: string) => string): readonly string[];
  /** The next step of the developer. */
  readonly next: string;
}

const PACKAGE = 'nestjs-http-auth';

/** Basic with one user, whose hash is in the environment. */
export const BASIC: Recipe = {
  imports: { [PACKAGE]: ['AuthModule', 'basic'], [`${PACKAGE}/passwords`]: ['users'] },
  schemes: (local) => [`schemes: [${local('basic')}(${local('users')}({ admin: process.env.ADMIN_PASSWORD_HASH }))],`],
  next: 'Choose the password of "admin": export ADMIN_PASSWORD_HASH="$(npx nestjs-http-auth hash --algorithm scrypt)"',
};

/** Bearer with a verifier that refuses every token, because only the application knows its tokens. */
export const BEARER: Recipe = {
  imports: { [PACKAGE]: ['AuthModule', 'bearer'] },
  schemes: (local) => [
    '// It refuses every token. Replace it with your verifier, which returns the principal of a valid token.',
    `schemes: [${local('bearer')}(() => null)],`,
  ],
  next: 'Write the verifier of your tokens: bearer() in {module} refuses every token until then',
};

/**
 * Bearer with the JWTs of an issuer.
 *
 * @throws CliError if the issuer or the audience is invalid
 */
export function jwtRecipe(issuer: string, audience: string): Recipe {
  try {
    jwt({ issuer, audience });
  } catch (error) {
    if (!(error instanceof AuthConfigurationError)) throw error;
    throw new CliError(`nestjs-http-auth init: --jwt: ${error.message.replace('jwt(): ', '')}`, { cause: error });
  }
  return {
    imports: { [PACKAGE]: ['AuthModule', 'bearer'], [`${PACKAGE}/jwt`]: ['jwt'] },
    schemes: (local, literal) => [
      `schemes: [${local('bearer')}(${local('jwt')}({ issuer: ${literal(issuer)}, audience: ${literal(audience)} }))],`,
    ],
    next: `Get an access token from ${issuer} for the audience ${audience}, and send it: Authorization: Bearer <token>`,
  };
}
