import { createHash } from 'node:crypto';

/**
 * The policy of a page that holds its one style and its one script itself: these two by their digest, requests to its own
 * origin, an icon in a data URL, and nothing else. Script that finds its way into the page by other means does not run.
 */
export function contentSecurityPolicy(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src ${digestOf(style)}`,
    `script-src ${digestOf(script)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function digestOf(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}
