import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { AppModule } from '../../src/app.module.js';
import { adapters, start } from '../support/application.js';
import { openPage, startChromium } from './support/chromium.js';

/** The screenshot of the page in the docs. The test takes it again if `SCREENSHOTS` is set. */
const portrait = fileURLToPath(new URL('../../docs/images/reference-page.png', import.meta.url)) as `${string}.png`;

const realm = 'Access to staging site';
const alice = { realm, username: 'alice', password: 'wonder:land' };

let chromium: { browser: Browser; close(): Promise<void> };

beforeAll(async () => {
  chromium = await startChromium();
});

afterAll(() => chromium?.close());

/** Chooses a visitor by the label of the radio button. */
async function choose(page: Page, who: string): Promise<void> {
  await page.locator(`label ::-p-text(${who})`).click();
}

/** Clicks the button of a route. Returns the response that the page then shows. */
async function attempt(page: Page, path: string, method = 'GET'): Promise<unknown> {
  const button = `button[data-method="${method}"][data-path="${path}"]`;
  const item = `document.querySelector('${button}').closest('li')`;
  await page.evaluate(`delete ${item}.dataset.outcome`);
  await page.locator(button).click();
  await page.waitForSelector(`li[data-outcome]:has(${button})`);
  return page.evaluate(`(() => {
    const text = (name) => ${item}.querySelector('.' + name).textContent;
    return { status: text('status'), challenges: text('challenges').split('\\n'), body: text('body') };
  })()`);
}

const bearer = `WWW-Authenticate: Bearer realm="${realm}"`;
const basic = `WWW-Authenticate: Basic realm="${realm}", charset="UTF-8"`;

describe.each(adapters)('The reference page on %s', (name, create) => {
  /**
   * Passes the page to a test, and checks that its console has no error and that the browser did not prompt unexpectedly.
   */
  async function onPage(test: (page: Page, prompts: string[]) => Promise<void>): Promise<void> {
    const app = await start(create(), { imports: [AppModule] }, undefined, { forceCloseConnections: true });
    const { port } = app.getHttpServer().address() as AddressInfo;
    const { page, prompts, close } = await openPage(chromium.browser, [alice]);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      // Chromium logs a line for each 401 and 403. It is not an error of the page.
      if (message.type() === 'error' && !/40[13]/.test(message.text())) errors.push(message.text());
    });
    try {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
      await page.setViewport({ width: 1000, height: 1160 });
      await page.goto(`http://127.0.0.1:${port}/`);
      await test(page, prompts);
      expect(errors).toEqual([]);
    } finally {
      await close();
    }
  }

  it('shows the status, the challenges and the body for the chosen visitor', () =>
    onPage(async (page, prompts) => {
      expect(await attempt(page, '/me')).toMatchObject({ status: '401 Unauthorized', challenges: [bearer, basic] });
      await choose(page, 'wonder:land');
      if (process.env.SCREENSHOTS && name === 'Express') await page.screenshot({ path: portrait });

      const body = JSON.stringify({ user: 'alice', scheme: 'Basic', realm }, null, 2);
      expect(await attempt(page, '/me')).toEqual({ status: '200 OK', challenges: ['none'], body });
      expect(await attempt(page, '/health')).toMatchObject({ status: '200 OK', challenges: ['none'] });
      expect(await attempt(page, '/admin')).toMatchObject({ status: '200 OK' });
      const reports = [`${bearer}, scope="reports:read"`];
      expect(await attempt(page, '/reports')).toMatchObject({ status: '401 Unauthorized', challenges: reports });

      await choose(page, 'reader-token');
      expect(await attempt(page, '/reports')).toMatchObject({ status: '200 OK' });
      const needed = [`${bearer}, error="insufficient_scope", scope="reports:write"`];
      expect(await attempt(page, '/reports', 'POST')).toMatchObject({ status: '403 Forbidden', challenges: needed });
      await choose(page, 'writer-token');
      expect(await attempt(page, '/reports', 'POST')).toMatchObject({ status: '201 Created', challenges: ['none'] });
      await choose(page, 'A wrong token');
      const wrong = [`${bearer}, error="invalid_token"`, basic];
      expect(await attempt(page, '/greeting')).toMatchObject({ status: '401 Unauthorized', challenges: wrong });
      expect(prompts).toEqual([]);
    }));

  it('accepts credentials that the visitor types', () =>
    onPage(async (page) => {
      await page.locator('input[data-fields="own-basic"]').click();
      await page.locator('input[name="username"]').fill('bob');
      await page.locator('input[name="password"]').fill('builder');
      expect(await attempt(page, '/admin')).toMatchObject({ status: '200 OK' });
    }));

  it('makes the browser prompt if the visitor follows the link to a protected route', () =>
    onPage(async (page, prompts) => {
      await Promise.all([page.waitForNavigation(), page.locator('a[href="/me"]').click()]);
      const body = await page.evaluate('document.body.innerText');
      expect(JSON.parse(String(body))).toEqual({ user: 'alice', scheme: 'Basic', realm });
      expect(prompts).toEqual([`basic ${realm}`]);
    }));
});
