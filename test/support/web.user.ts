import { createHash, randomBytes } from 'node:crypto';

/** What a client registers for back-channel logout. */
export interface LogoutRegistration {
  /** The URL that the issuer calls at a logout. */
  uri: string;
  /** If `true`, logout tokens and access tokens name the session. */
  sessionRequired: boolean;
}

/** A person with a browser, who signs in to a client of an authorization server, and signs out there. */
export class WebUser {
  private readonly redirectUri = 'http://127.0.0.1:1/callback';
  private readonly cookies = new Map<string, string>();

  private constructor(
    private readonly issuer: string,
    readonly clientId: string,
  ) {}

  /** Registers a client, and returns a person who uses it. */
  static async of(issuer: string, { uri, sessionRequired }: LogoutRegistration): Promise<WebUser> {
    const answer = await fetch(`${issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1:1/callback'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        backchannel_logout_uri: uri,
        backchannel_logout_session_required: sessionRequired,
      }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return new WebUser(issuer, ((await answer.json()) as { client_id: string }).client_id);
  }

  /** Another browser of the same person. */
  elsewhere(): WebUser {
    return new WebUser(this.issuer, this.clientId);
  }

  /** Signs in, and returns an access token. */
  async signIn(resource: string): Promise<string> {
    const verifier = randomBytes(32).toString('base64url');
    const parameters = {
      client_id: this.clientId,
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'openid reports:read',
      resource,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    let next = new URL(`${this.issuer}/auth?${new URLSearchParams(parameters).toString()}`);
    while (!next.href.startsWith(this.redirectUri)) {
      const answer = await this.fetch(next);
      const location = answer.headers.get('location');
      if (location === null) throw new Error(`${next.href} responded with ${answer.status}: ${await answer.text()}`);
      next = new URL(location, next);
    }
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      code: next.searchParams.get('code') ?? '',
      code_verifier: verifier,
      resource,
    });
    const answer = await fetch(`${this.issuer}/token`, { method: 'POST', body });
    if (!answer.ok) throw new Error(await answer.text());
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** Signs out. The server has called all clients when it responds. */
  async signOut(): Promise<void> {
    const page = await (await this.fetch(new URL(`${this.issuer}/session/end`))).text();
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    const answer = await this.fetch(new URL(`${this.issuer}/session/end/confirm`), { method: 'POST', body });
    if (answer.status !== 303) throw new Error(`The logout responded with ${answer.status}: ${await answer.text()}`);
  }

  private async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie }, ...init });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return answer;
  }
}
