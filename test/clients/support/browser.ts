import type { Ask, Credentials, Reply } from './describe-client.js';

/** A running browser. */
export interface Browser {
  /** A tab that shares no state with other tabs, in which prompts are answered with these credentials. */
  open(credentials: readonly Credentials[]): Promise<Tab>;
  close(): Promise<void>;
}

/** A tab, and the prompts that were answered in it. */
export interface Tab {
  /** The prompts so far: the scheme and the realm, as far as the browser reports them. */
  readonly prompts: string[];
  /** Goes to a page. */
  go(url: string): Promise<Reply>;
  /** Evaluates an expression in the page, and awaits its value. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** An expression for the status of a page, which WebKit does not report, and for its text. */
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
 * Answers the prompts of a tab with the password of the realm, or with the first password if the browser does not report
 * the realm. It cancels a prompt if no password is left, because the browser would prompt forever.
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
