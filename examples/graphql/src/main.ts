import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import jsonwebtoken from 'jsonwebtoken';
import { AppModule } from './app.module.js';

// In production, pass { issuer, audience } only: the keys of the issuer are found by its metadata.
const audience = 'https://library.example';
const demo = { issuer: 'https://login.example', audience, secret: randomBytes(32) };
const { ISSUER } = process.env;

const app = await NestFactory.create(AppModule.forIssuer(ISSUER === undefined ? demo : { issuer: ISSUER, audience }), {
  logger: ['fatal', 'error', 'warn'],
});
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');

const ask = `curl -i ${await app.getUrl()}/graphql -H 'Content-Type: application/json'`;
const claims = { iss: demo.issuer, aud: audience, sub: 'alice', scope: 'books:write' };
const token = jsonwebtoken.sign(claims, demo.secret, { expiresIn: '1h' });
console.log(`The token of this demonstration is new at each start.

  ${ask} -d '{"query":"{ titles }"}'
  ${ask} -d '{"query":"{ me }"}'
  ${ask} -d '{"query":"{ me }"}' -H 'Authorization: Bearer ${token}'`);
