import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { checkPreset } from './preset.js';

/** Options of `cognito()`. */
export interface CognitoOptions {
  /** The ID of the user pool, e.g. `eu-west-1_AbCdEfGhI`. It begins with the region. */
  readonly userPoolId: string;
  /** The IDs of the app clients whose tokens are accepted; `true` accepts all app clients of the user pool. */
  readonly clients: string | readonly string[] | true;
}

const NAMES: OptionNames<CognitoOptions> = { userPoolId: true, clients: true };

/** "UserPoolType", "Id", in the API reference of Amazon Cognito. */
const USER_POOL = /^([a-z]{2}(?:-[a-z]+)+-\d)_[0-9a-zA-Z]+$/;

/**
 * Returns the issuer of a user pool of Amazon Cognito. Its access tokens have no `aud`, but a `client_id`. An ID token has
 * `token_use: id`, and `aud` is the app client. If clients request tokens for a resource,
 * they have `aud`: add `audience`.
 *
 * Sources: Amazon Cognito Developer Guide, "Understanding the access token", "Understanding the identity (ID) token", and
 * "Verifying JSON web tokens".
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(cognito({ userPoolId: 'eu-west-1_AbCdEfGhI', clients: '1example23456789' }))
 */
export function cognito(options: CognitoOptions): JwtIssuer {
  checkPreset('cognito', options, NAMES, problem);
  const { userPoolId, clients } = options;
  const [, region = ''] = USER_POOL.exec(userPoolId) ?? [];
  return {
    issuer: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    audience: null,
    clients,
    require: { token_use: 'access' },
  };
}

function problem({ userPoolId, clients }: CognitoOptions): string | undefined {
  if (typeof userPoolId !== 'string' || !USER_POOL.test(userPoolId)) {
    return 'userPoolId must be the ID of the user pool, such as eu-west-1_AbCdEfGhI';
  }
  return clients === undefined
    ? 'clients is missing; list the IDs of the app clients, because access tokens have no aud'
    : undefined;
}
