import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch as puppeteer, type Browser as Puppeteer, type Page } from 'puppeteer-core';
import { answering, type Browser, pageReply, type Tab } from './browser.js';
import type { Credentials, Reply } from './describe-client.js';

/** Chromium as Debian has it. */
export async function startChromium(): Promise<{ browser: Puppeteer; close(): Promise<void> }> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'chromium-'));
  const browser = await puppeteer({
    executablePath: '/usr/bin/chromium',
    userDataDir,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    timeout: 120_000,
    protocolTimeout: 120_000,
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Chromium. The DevTools protocol replaces the person at the prompt. */
export async function chromium(): Promise<Browser> {
  const { browser, close } = await startChromium();
  return { open: (credentials) => open(browser, credentials), close };
}

async function open(browser: Puppeteer, credentials: readonly Credentials[]): Promise<Tab> {
  const { page, prompts, close } = await openPage(browser, credentials);
  return {
    prompts,
    go: async (url) => {
      await page.goto(url, { timeout: 60_000 });
      return (await page.evaluate(pageReply)) as Reply;
    },
    evaluate: (expression) => page.evaluate(expression),
    close,
  };
}

/** Opens a page that shares no state with other pages. Its prompts are answered with these credentials. */
export async function openPage(
  browser: Puppeteer,
  credentials: readonly Credentials[],
): Promise<{ page: Page; prompts: string[]; close(): Promise<void> }> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const session = await page.createCDPSession();
  const { prompts, answer } = answering(credentials);
  // Sending fails if the request was cancelled in the meantime.
  const ignore = () => undefined;
  session.on('Fetch.requestPaused', ({ requestId }) => {
    session.send('Fetch.continueRequest', { requestId }).catch(ignore);
  });
  session.on('Fetch.authRequired', ({ requestId, authChallenge }) => {
    const known = answer(authChallenge);
    const authChallengeResponse = known
      ? ({ response: 'ProvideCredentials', username: known.username, password: known.password } as const)
      : ({ response: 'CancelAuth' } as const);
    session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(ignore);
  });
  await session.send('Fetch.enable', { handleAuthRequests: true });
  return { page, prompts, close: () => context.close() };
}
