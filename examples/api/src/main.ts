import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import jsonwebtoken from 'jsonwebtoken';
import { AppModule } from './app.module.js';
import { Keys } from './keys.js';

// In production, pass { issuer, audience } only: the keys of the issuer are found by its metadata.
const audience = 'https://orders.example';
const demo = { issuer: 'https://login.example', audience, secret: randomBytes(32) };
const { ISSUER } = process.env;

const app = await NestFactory.create(AppModule.forIssuer(ISSUER === undefined ? demo : { issuer: ISSUER, audience }), {
  logger: ['fatal', 'error', 'warn'],
});
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');

const url = await app.getUrl();
const key = app.get(Keys).issue('robot', ['orders:read']);
const claims = { iss: demo.issuer, aud: audience, sub: 'alice', scope: 'orders:read orders:write' };
const token = jsonwebtoken.sign(claims, demo.secret, { expiresIn: '1h' });
console.log(`The credentials of this demonstration are new at each start.

  curl -i ${url}/orders
  curl -i -H 'X-API-Key: ${key}' ${url}/orders
  curl -i -X POST -H 'X-API-Key: ${key}' ${url}/orders
  curl -i -X POST -H 'Authorization: Bearer ${token}' ${url}/orders`);
