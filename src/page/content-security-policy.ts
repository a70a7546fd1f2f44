import { createHash } from 'node:crypto';

/**
 * Returns the policy of a page with one inline style and one inline script. It allows both by their digests, requests
 * to the same origin, and an icon in a data URL. Injected scripts do not run.
 */
export function contentSecurityPolicy(html: string): string {
  return [
    "default-src 'none'",
    `style-src ${digestOf('style', html)}`,
    `script-src ${digestOf('script', html)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function digestOf(element: string, html: string): string {
  const [, content = ''] = new RegExp(`<${element}[^>]*>([^]*?)</${element}>`).exec(html) ?? [];
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
