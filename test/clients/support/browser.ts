import type { Ask, Credentials, Reply } from './describe-client.js';

/** A browser that runs. */
export interface Browser {
  /** A tab that knows nothing of any other, in which prompts are answered with these credentials. */
  open(credentials: readonly Credentials[]): Promise<Tab>;
  close(): Promise<void>;
}

/** A tab, and what the browser would have prompted for in it. */
export interface Tab {
  /** When the browser would have prompted: the scheme and the realm, as it tells them. */
  readonly prompts: string[];
  /** Goes to a page. */
  go(url: string): Promise<Reply>;
  /** The value of an expression, or what a promise of it resolves to. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** What a page says of itself: the status, which WebKit does not tell, and its text. */
export const pageReply = `({
  status: performance.getEntriesByType('navigation')[0]?.responseStatus,
  body: document.body.innerText,
})`;

/** Goes to a page in a tab of its own, and answers its prompts. */
export async function visit(browser: Browser, { url, credentials }: Ask): Promise<Reply> {
  const tab = await browser.open(credentials);
  try {
    return await tab.go(url);
  } finally {
    await tab.close();
  }
}

/**
 * How a tab answers prompts: with the password of the realm, or with the first where the browser does not tell the realm.
 * It answers with none twice, for it would be asked for ever.
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
