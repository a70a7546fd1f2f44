import type { ExecutionContext } from '@nestjs/common';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../common/options.js';

/** The options of `RpcAuthModule`. */
export interface RpcAuthOptions {
  /**
   * Returns the credentials of a message of a transport other than gRPC, from its headers or its payload, in the form of the
   * `Authorization` field, e.g. `Bearer …`. A message with several values is refused. gRPC calls have their credentials in the
   * metadata, so the function is not called for them.
   *
   * If it throws, the client gets `INTERNAL`, so check the type of the payload.
   *
   * @default messages of other transports have no credentials
   */
  readonly credentials?: (context: ExecutionContext) => string | readonly string[] | undefined;
}

/** The injection token of the {@link RpcAuthOptions}. */
export const RPC_OPTIONS = Symbol('nestjs-http-auth:rpc-options');

const NAMES: OptionNames<RpcAuthOptions> = { credentials: true };

/**
 * Checks the options.
 *
 * @throws AuthConfigurationError if an option is invalid or unknown
 */
export function checkedOptions(options: RpcAuthOptions): RpcAuthOptions {
  const { credentials } = options;
  const unknown = unknownOption(options, NAMES);
  if (unknown !== undefined) fail(unknown);
  if (credentials !== undefined && typeof credentials !== 'function') {
    fail('credentials must be a function; pass (context) => string | undefined');
  }
  return { ...options };
}

function fail(message: string): never {
  throw new AuthConfigurationError('ERR_AUTH_OPTION', `RpcAuthModule: ${message}`);
}
