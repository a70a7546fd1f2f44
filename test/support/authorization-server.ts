import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';

/** Parameters of a token request. */
export interface TokenRequest {
  /** The audience of the token (RFC 8707). The token is a JWT, unless the path contains `/opaque`. */
  resource?: string;
  scope?: string;
}

/** The client that gets tokens with its own credentials. */
const service = { id: 'service', secret: 'service-secret' };

/** The client that may introspect and revoke tokens. */
export const api = { id: 'api', secret: 'api-secret' };

/**
 * A real authorization server, oidc-provider, in another process: with discovery (OpenID and RFC 8414), client credentials,
 * the code flow with PKCE, dynamic registration, introspection and revocation. Every user who signs in is alice. It can stop
 * like after a crash, and start again at the same address.
 */
export class AuthorizationServer {
  private keys = newKeys();
  private process: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  /** Starts a server, and waits until it responds. */
  static async start(): Promise<AuthorizationServer> {
    const server = new AuthorizationServer(await freePort());
    await server.start();
    return server;
  }

  /** The issuer identifier, without a slash at the end. */
  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const script = fileURLToPath(new URL('authorization-server.process.mjs', import.meta.url));
    const options = { port: this.port, jwks: { keys: this.keys }, alg: 'RS256' };
    const child = fork(script, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.process = child;
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const exited = once(child, 'exit').then(() => {
      throw new Error(`The authorization server did not start: ${said}`);
    });
    await Promise.race([once(child, 'message'), exited]);
    exited.catch(() => undefined);
  }

  /** Kills the process. */
  async stop(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Replaces the keys at the next start. */
  rotate(): void {
    this.keys = newKeys();
  }

  /** Requests a token with client credentials (RFC 6749 section 4.4). */
  async token({ resource = 'https://api.example', scope = 'reports:read' }: TokenRequest = {}): Promise<string> {
    const answer = await this.post('/token', service, { grant_type: 'client_credentials', resource, scope });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** Revokes a token (RFC 7009). */
  async revoke(token: string): Promise<void> {
    await this.post('/token/revocation', service, { token });
  }

  private async post(path: string, client: typeof service, form: Record<string, string>): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
    const body = new URLSearchParams(form);
    const answer = await fetch(this.issuer + path, { method: 'POST', headers: { authorization }, body });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}

/** Returns one private key for each type of key. */
function newKeys(): object[] {
  return [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ed25519'),
  ].map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' }));
}
