import { AuthConfigurationError } from '../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../common/options.js';
import { type Origins, originsProblem } from '../http/origin.js';

/** Options of `GraphQLAuthModule`. */
export interface GraphQLAuthOptions {
  /**
   * The pages that may open a WebSocket for subscriptions with credentials that the browser adds itself: cookies and cached
   * passwords. `same`: pages of the server's own origin. A list: these origins, e.g. `['https://app.example']`. Credentials in
   * `connectionParams` are not concerned.
   *
   * @default 'same'
   */
  readonly origins?: Origins;
}

/** The injection token of the {@link GraphQLAuthOptions}. */
export const GRAPHQL_OPTIONS = Symbol('nestjs-http-auth:graphql-options');

const NAMES: OptionNames<GraphQLAuthOptions> = { origins: true };

/**
 * Checks the options and adds the defaults.
 *
 * @throws AuthConfigurationError `ERR_AUTH_OPTION` if an option is unknown or invalid
 */
export function resolveGraphQLOptions(options: GraphQLAuthOptions = {}): Required<GraphQLAuthOptions> {
  const { origins = 'same' } = options;
  const problem = unknownOption(options, NAMES) ?? originsProblem(origins);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_OPTION', `GraphQLAuthModule: ${problem}`);
  return { origins };
}
