/** The settings that the environment provides. */
export interface Environment {
  /** `PORT`, 3000 by default; 0 takes any that is free. */
  readonly port: number;
  /** `HOST`, 127.0.0.1 by default, which only this machine can reach. */
  readonly host: string;
  /** `ADAPTER`, express by default. */
  readonly adapter: Adapter;
  /**
   * `JWT_ISSUER` and `JWT_AUDIENCE`: the issuer whose JWTs the application accepts in addition to its own tokens; none by
   * default.
   */
  readonly jwt: { readonly issuer: string; readonly audience: string } | undefined;
}

export type Adapter = (typeof adapters)[number];

const adapters = ['express', 'fastify'] as const;

/** A variable of the environment has a value that cannot work. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * Reads the environment. A variable that is empty counts as one that is not set, as it does in shells: an empty HOST would
 * otherwise open the application to the whole network.
 *
 * @throws EnvironmentError that names the variable which cannot work
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
  // Number() alone would take '0x1F', '1e3' and ' 80 '.
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new EnvironmentError(`PORT must be a number from 0 to 65535, not '${text}'`);
}

function adapterOf(text: string): Adapter {
  const adapter = adapters.find((name) => name === text);
  if (adapter !== undefined) return adapter;
  throw new EnvironmentError(`ADAPTER must be ${adapters.join(' or ')}, not '${text}'`);
}

function jwtOf(issuer: string, audience: string): Environment['jwt'] {
  if (issuer === '' && audience === '') return undefined;
  if (issuer !== '' && audience !== '') return { issuer, audience };
  throw new EnvironmentError('JWT_ISSUER and JWT_AUDIENCE must be set together, or neither');
}
