import { Injectable } from '@nestjs/common';
import type { ApiKeyCredentials, HttpAuthVerifier, HttpRequest } from 'nestjs-http-auth';
import { type StoredToken, token, tokens } from 'nestjs-http-auth/tokens';

/** The principal of this API: a person with a JWT, or a program with a key. */
export interface Client {
  readonly name: string;
}

/** The keys by their hashes. Yours are in a database. */
@Injectable()
export class Keys implements HttpAuthVerifier<ApiKeyCredentials, Client> {
  private readonly stored = new Map<string, StoredToken<Client>>();
  private readonly check = tokens<Client>((hash) => this.stored.get(hash) ?? null, { prefix: 'demo', checksum: true });

  verify(credentials: ApiKeyCredentials, request: HttpRequest) {
    return this.check(credentials, request);
  }

  /** Returns a new key. It is shown once: only its hash is stored. */
  issue(name: string, scopes: readonly string[]): string {
    const { token: key, hash } = token.create({ prefix: 'demo' });
    this.stored.set(hash, { hash, principal: { name }, scopes: [...scopes] });
    return key;
  }
}
