import type { Ask, Credentials, Reply } from './describe-client.js';

/** A browser that runs. */
export interface Browser {
  /** A tab that shares no state with other tabs, in which prompts are answered with these credentials. */
  open(credentials: readonly Credentials[]): Promise<Tab>;
  close(): Promise<void>;
}

/** A tab, and the prompts that the browser would have shown in it. */
export interface Tab {
  /** When the browser would have prompted: the scheme and the realm, as it tells them. */
  readonly prompts: string[];
  /** Goes to a page. */
  go(url: string): Promise<Reply>;
  /** The value of an expression, or what a promise of it resolves to. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The state of a page: its status, which WebKit does not report, and its text. */
export const pageReply = `({
  status: performance.getEntriesByType('navigation')[0]?.responseStatus,
  body: document.body.innerText,
})`;

/** Opens a page in a new tab and answers its prompts. */
export async function visit(browser: Browser, { url, credentials }: Ask): Promise<Reply> {
  const tab = await browser.open(credentials);
  try {
    return await tab.go(url);
  } finally {
    await tab.close();
  }
}

/**
 * How a tab answers prompts: with the password of the realm, or with the first password if the browser does not report
 * the realm. It cancels the second prompt, because the browser would prompt forever.
 */
export function answering(credentials: readonly Credentials[]): {
  prompts: string[];
  answer(challenge?: { scheme: string; realm: string }): Credentials | undefined;
} {
  const left = [...credentials];
  const prompts: string[] = [];
  return {
    prompts,
    answer: (challenge) => {
      prompts.push(challenge === undefined ? 'unknown' : `${challenge.scheme.toLowerCase()} ${challenge.realm}`);
      const at = left.findIndex(({ realm }) => challenge === undefined || challenge.realm === realm);
      return at === -1 ? undefined : left.splice(at, 1)[0];
    },
  };
}
