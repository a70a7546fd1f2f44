// Loads every entry of the library in a test runner, and tests the application.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { introspection } from 'nestjs-http-auth/introspection';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
import { password } from 'nestjs-http-auth/passwords';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import 'nestjs-http-auth/testing/jest';
import { token } from 'nestjs-http-auth/tokens';
import request from 'supertest';
import { AppModule } from './app.module.js';

let app: INestApplication;
let issuer: Server;
let form = '';

beforeAll(async () => {
  const module = await withTestUsers(Test.createTestingModule({ imports: [AppModule] })).compile();
  app = await module.createNestApplication().init();
  issuer = createServer((incoming, response) => {
    incoming.setEncoding('utf8').on('data', (chunk: string) => (form += chunk));
    incoming.on('end', () => {
      const answer = { active: true, iss: `http://${incoming.headers.host}`, sub: 'robot' };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
});

afterAll(async () => {
  await app.close();
  issuer.close();
});

it('responds with challenges', async () => {
  const response = await request(app.getHttpServer()).get('/me').expect(401);
  expect(response).toChallenge('Basic', { realm: 'Matrix' });
  expect(response).not.toChallenge('Digest');
});

it('accepts a password and a test user', async () => {
  const byPassword = await request(app.getHttpServer()).get('/me').auth('alice', 'wonder:land');
  expect(byPassword.body).toEqual({ name: 'alice' });
  const byTest = await request(app.getHttpServer())
    .get('/me')
    .set(asUser({ name: 'bob' }));
  expect(byTest.body).toEqual({ name: 'bob' });
});

it('documents the routes', () => {
  const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
  expect(Object.keys(document.components?.securitySchemes ?? {})).toEqual(['bearer', 'basic']);
});

it('hashes passwords and creates tokens', async () => {
  expect(await password.verify('p:w', await password.hash('p:w', { algorithm: 'bcrypt' }))).toBe(true);
  expect(token.create().token.length).toBeGreaterThan(20);
  expect(typeof meterHttpAuth).toBe('function');
});

it('signs an assertion with jose', async () => {
  const { port } = issuer.address() as AddressInfo;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const url = `http://127.0.0.1:${port}`;
  const verifier = introspection({
    endpoint: `${url}/introspect`,
    issuer: url,
    audience: null,
    clientId: 'api',
    privateKey: { key: privateKey },
  });

  @Controller()
  class Me {
    @Get('me') me() {
      return 'in';
    }
  }
  @Module({ imports: [AuthModule.forRoot({ realm: 'x', schemes: [bearer(verifier)] })], controllers: [Me] })
  class Tokens {}

  const module = await Test.createTestingModule({ imports: [Tokens] }).compile();
  const other = await module.createNestApplication().init();
  await request(other.getHttpServer()).get('/me').set('authorization', 'Bearer abc').expect(200, 'in');
  expect(form).toContain('client_assertion=');
  await other.close();
});
