import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { apiKey, AuthModule, basic, bearer, CurrentAuth, Schemes, Scopes } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import type { Browser, Page } from 'puppeteer-core';
import { startChromium } from '../clients/support/chromium.js';
import { adapters, rootModule } from '../support/application.js';
import { AuthorizationServer } from '../support/authorization-server.js';
import { freePort } from '../support/free-port.js';

let chromium: { browser: Browser; close(): Promise<void> };
let authorizationServer: AuthorizationServer;

beforeAll(async () => {
  chromium = await startChromium();
  authorizationServer = await AuthorizationServer.start();
});

afterAll(async () => {
  await chromium?.close();
  await authorizationServer?.stop();
});

@Controller('reports')
class ReportsController {
  @Scopes('reports:read') @Schemes('bearer') @Get('by-token') byToken(@CurrentAuth('scheme') scheme: string) {
    return { scheme };
  }
  @Schemes('basic') @Get('by-password') byPassword(@CurrentAuth('scheme') scheme: string) {
    return { scheme };
  }
  @Schemes('apikey') @Get('by-key') byKey(@CurrentAuth('scheme') scheme: string) {
    return { scheme };
  }
}

/** Registers Swagger UI as a public client (RFC 7591). Returns its client_id. */
async function register(issuer: string, redirectUrl: string): Promise<string> {
  const metadata = {
    application_type: 'native',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${issuer}/reg`, { method: 'POST', headers, body: JSON.stringify(metadata) });
  return ((await answer.json()) as { client_id: string }).client_id;
}

describe.each(adapters)('Swagger UI on %s', (_name, adapter) => {
  describe.each(['3.0.0', '3.1.0'])('with OpenAPI %s', (version) => {
    let app: INestApplication;
    let page: Page;
    let origin: string;

    beforeAll(async () => {
      const port = await freePort();
      origin = `http://127.0.0.1:${port}`;
      const { issuer } = authorizationServer;
      const flow = { authorizationUrl: `${issuer}/auth`, tokenUrl: `${issuer}/token` };
      app = await NestFactory.create(
        rootModule({
          imports: [
            AuthModule.forRoot({
              realm: 'Reports',
              schemes: [
                bearer(jwt({ issuer, audience: `${origin}/reports` }), {
                  openapi: { type: 'oauth2', flows: { authorizationCode: flow } },
                }),
                basic(({ username, password }) => username === 'alice' && password === 'wonder:land' && { username }),
                apiKey(({ token }) => token === 'a-key' && { name: 'robot' }, { header: 'X-API-Key' }),
              ],
            }),
          ],
          controllers: [ReportsController],
        }),
        adapter(),
        { logger: false, forceCloseConnections: true },
      );
      const config = new DocumentBuilder().setOpenAPIVersion(version).build();
      SwaggerModule.setup('docs', app, () => documentHttpAuth(app, SwaggerModule.createDocument(app, config)), {
        swaggerOptions: {
          initOAuth: {
            clientId: await register(issuer, `${origin}/docs/oauth2-redirect.html`),
            usePkceWithAuthorizationCodeGrant: true,
            // The audience of the token (RFC 8707).
            additionalQueryStringParams: { resource: `${origin}/reports` },
          },
          oauth2RedirectUrl: `${origin}/docs/oauth2-redirect.html`,
        },
      });
      await app.listen(port, '127.0.0.1');
    });

    afterAll(() => app?.close());

    afterEach(() => page?.close());

    async function open(): Promise<void> {
      page = await chromium.browser.newPage();
      await page.goto(`${origin}/docs`);
      await page.locator('button.authorize').click();
      await page.waitForSelector('.auth-container');
    }

    /** Returns an expression that finds the entry of a scheme in the dialog, by its heading. */
    const entry = (name: string) =>
      `[...document.querySelectorAll('.auth-container')].find((one) => /^${name}\\b/.test(one.querySelector('h4').textContent.trim()))`;
    const inEntry = (name: string, expression: string) => page.evaluate(`(${entry(name)})${expression}`);
    const authorize = (name: string) => inEntry(name, `.querySelector('button.authorize').click()`);

    async function type(name: string, values: readonly string[]): Promise<void> {
      for (const [index, value] of values.entries()) {
        const input = await page.evaluateHandle(`(${entry(name)}).querySelectorAll('input')[${index}]`);
        await input.asElement()?.type(value);
      }
      await authorize(name);
    }

    /** Calls an operation by the buttons of the page. Returns the status and the body that the page shows. */
    async function call(path: string): Promise<unknown> {
      await page.locator('button.btn-done').click();
      const operation = `.opblock:has([data-path="${path}"])`;
      await page.locator(`${operation} .opblock-summary-control`).click();
      await page.locator(`${operation} .try-out__btn`).click();
      await page.locator(`${operation} .execute`).click();
      await page.waitForSelector(`${operation} .live-responses-table .response-col_status`);
      return page.evaluate(
        `((block) => ({ status: block.querySelector('.live-responses-table tbody .response-col_status').textContent.trim(), body: block.querySelector('.live-responses-table .highlight-code code')?.textContent ?? '' }))(document.querySelector('${operation}'))`,
      );
    }

    it('gets a token with the scope of the route, and calls the route', async () => {
      await open();
      expect(await inEntry('bearer', `.querySelectorAll('.scopes input').length`)).toBe(1);
      await inEntry('bearer', `.querySelector('.scopes label').click()`);
      await authorize('bearer');
      // The dialog shows this button after the other window has returned the code, and the page has a token for it.
      await page.waitForFunction(
        `[...(${entry('bearer')}).querySelectorAll('button')].some(({ textContent }) => textContent === 'Logout')`,
      );
      expect(await call('/reports/by-token')).toMatchObject({
        status: expect.stringMatching(/^200/),
        body: expect.stringContaining('Bearer'),
      });
    });

    it('calls a route with a password', async () => {
      await open();
      await type('basic', ['alice', 'wonder:land']);
      expect(await call('/reports/by-password')).toMatchObject({
        status: expect.stringMatching(/^200/),
        body: expect.stringContaining('Basic'),
      });
    });

    it('calls a route with an API key', async () => {
      await open();
      await type('apikey', ['a-key']);
      expect(await call('/reports/by-key')).toMatchObject({
        status: expect.stringMatching(/^200/),
        body: expect.stringContaining('ApiKey'),
      });
    });

    it('shows the 401 without authorization', async () => {
      await open();
      expect(await call('/reports/by-token')).toMatchObject({ status: expect.stringMatching(/^401/) });
    });
  });
});
