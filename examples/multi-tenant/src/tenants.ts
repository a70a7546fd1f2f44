import type { JwtIssuer } from 'nestjs-http-auth/jwt';

/** A customer, with its own host, its own users and its own issuer. */
export interface Tenant {
  readonly name: string;
  readonly issuer: JwtIssuer;
}

/** The tenants by their hosts. Yours are in a database. */
export class Tenants {
  constructor(private readonly byHost: ReadonlyMap<string, Tenant>) {}

  /** Returns the tenant of a `Host` field, without its port. */
  find(host = ''): Promise<Tenant | undefined> {
    return Promise.resolve(this.byHost.get(host.toLowerCase().replace(/:\d+$/, '')));
  }
}
