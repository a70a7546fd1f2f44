import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';

/**
 * A person with an MCP client and a browser. The client stores its tokens. The browser opens the authorization server,
 * and the person signs in and consents to everything.
 */
export class Person implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:1/callback';
  readonly clientMetadata = {
    client_name: 'A client of MCP',
    application_type: 'native',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  /** The pages that the client has opened in the browser. */
  readonly opened: URL[] = [];
  /** The last response of the authorization server that the browser received: the code and the issuer. */
  response = new URLSearchParams();

  private client: StoredOAuthClientInformation | undefined;
  private issued: StoredOAuthTokens | undefined;
  private discovered: OAuthDiscoveryState | undefined;
  private verifier = '';
  private readonly cookies = new Map<string, string>();

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.client;
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.client = client;
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.issued;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.issued = tokens;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.discovered;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.discovered = state;
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }

  codeVerifier(): string {
    return this.verifier;
  }

  /** Acts as the browser: follows the redirects of the authorization server until one leads back to the client. */
  async redirectToAuthorization(url: URL): Promise<void> {
    this.opened.push(url);
    let next = url;
    while (!next.href.startsWith(this.redirectUrl)) {
      const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        this.cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      if (location === null) throw new Error(`${next.href} responded with ${answer.status}: ${await answer.text()}`);
      next = new URL(location, next);
    }
    this.response = next.searchParams;
    if (!this.response.has('code')) throw new Error(`The authorization server did not return a code: ${next.search}`);
  }
}
