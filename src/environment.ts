/** The settings that the environment provides. */
export interface Environment {
  /** `PORT`. The default is 3000. With 0, the system chooses a free port. */
  readonly port: number;
  /** `HOST`. The default is 127.0.0.1, which only this machine can reach. */
  readonly host: string;
  /** `ADAPTER`. The default is `express`. */
  readonly adapter: Adapter;
  /**
   * `JWT_ISSUER` and `JWT_AUDIENCE`: the issuer whose JWTs the application accepts in addition to its own tokens. The
   * default is `undefined`: its own tokens only.
   */
  readonly jwt: { readonly issuer: string; readonly audience: string } | undefined;
}

export type Adapter = (typeof adapters)[number];

const adapters = ['express', 'fastify'] as const;

/** Thrown if a variable of the environment has an invalid value. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * Reads the environment. An empty variable counts as not set, because an empty `HOST` would
 * open the application to the whole network.
 *
 * @throws EnvironmentError if a variable is invalid
 */
export function readEnvironment({ PORT, HOST, ADAPTER, JWT_ISSUER, JWT_AUDIENCE }: NodeJS.ProcessEnv): Environment {
  return {
    port: portOf(PORT || '3000'),
    host: HOST || '127.0.0.1',
    adapter: adapterOf(ADAPTER || 'express'),
    jwt: jwtOf(JWT_ISSUER || '', JWT_AUDIENCE || ''),
  };
}

function portOf(text: string): number {
  // Number() would also accept '0x1F', '1e3' and ' 80 '.
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new EnvironmentError(`PORT: '${text}' is not a port; set a number from 0 to 65535`);
}

function adapterOf(text: string): Adapter {
  const adapter = adapters.find((name) => name === text);
  if (adapter !== undefined) return adapter;
  throw new EnvironmentError(`ADAPTER: '${text}' is not an adapter; set ${adapters.join(' or ')}`);
}

function jwtOf(issuer: string, audience: string): Environment['jwt'] {
  if (issuer === '' && audience === '') return undefined;
  if (issuer !== '' && audience !== '') return { issuer, audience };
  throw new EnvironmentError('JWT_ISSUER, JWT_AUDIENCE: only one of them is set; set both or neither');
}
