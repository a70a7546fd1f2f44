import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import jsonwebtoken from 'jsonwebtoken';
import { AppModule } from './app.module.js';
import { type Tenant, Tenants } from './tenants.js';

// In production, a tenant has { issuer, audience } only: the keys of the issuer are found by its metadata.
const demo = ['acme', 'globex'].map((name) => {
  const issuer = `https://login.${name}.example`;
  return { host: `${name}.localhost`, name, issuer: { issuer, audience: name, secret: randomBytes(32) } };
});
const tenants = new Tenants(new Map(demo.map((tenant): [string, Tenant] => [tenant.host, tenant])));

const app = await NestFactory.create(AppModule.forTenants(tenants), { logger: ['fatal', 'error', 'warn'] });
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');

const url = await app.getUrl();
const commands = demo.map(({ host, issuer: { issuer, audience, secret } }) => {
  const token = jsonwebtoken.sign({ iss: issuer, aud: audience, sub: 'alice' }, secret, { expiresIn: '1h' });
  return `  curl -i -H 'Host: ${host}' ${url}/me
  curl -i -H 'Host: ${host}' -H 'Authorization: Bearer ${token}' ${url}/me`;
});
console.log(`The tokens of this demonstration are new at each start.\n\n${commands.join('\n')}`);
