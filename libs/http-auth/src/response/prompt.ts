import type { HttpRequest } from '../http/request.js';
import type { Scheme } from '../schemes/scheme.js';

/**
 * The schemes to offer to a request that a script has sent: those that make no browser prompt, or all of them where there
 * is no other, since a response must have a challenge.
 */
export function withoutPrompts(schemes: readonly Scheme[], request: HttpRequest): readonly Scheme[] {
  const quiet = schemes.filter((scheme) => scheme.prompts !== true);
  return quiet.length === 0 || !isSentByScript(request) ? schemes : quiet;
}

/**
 * Whether a script in a browser has sent a request. Browsers say it themselves (Fetch Metadata Request Headers); those of
 * old leave it to libraries and to what they accept. What is no browser, such as curl or git, says none of it.
 */
function isSentByScript({ headers }: HttpRequest): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, accept } = headers;
  if (mode !== undefined) return mode !== 'navigate';
  if (destination !== undefined) return destination === 'empty';
  if (!/\bMozilla\//.test(headers['user-agent'] ?? '')) return false;
  if (headers['x-requested-with']?.toString().toLowerCase() === 'xmlhttprequest') return true;
  return accept !== undefined && !/\*\/\*|text\/(?:html|\*)|application\/xhtml\+xml/i.test(accept);
}
