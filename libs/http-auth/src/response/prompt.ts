import type { HttpRequest } from '../http/request.js';
import type { Scheme } from '../schemes/scheme.js';

/**
 * Returns the schemes to offer if browsers may prompt on a navigation only. For a request of a script, these are the schemes
 * that cause no prompt; or all schemes if there is no such scheme, because a 401 must have a challenge.
 */
export function withoutPrompts(schemes: readonly Scheme[], request: HttpRequest): readonly Scheme[] {
  const quiet = schemes.filter((scheme) => scheme.prompts !== true);
  return quiet.length === 0 || !isSentByScript(request) ? schemes : quiet;
}

/**
 * Returns `true` if a script in a browser has sent a request. Current browsers state it (Fetch Metadata Request Headers). For
 * old ones, `X-Requested-With` and `Accept` are the signs. Other clients, e.g. curl or git, send none of these fields.
 */
function isSentByScript({ headers }: HttpRequest): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, accept } = headers;
  if (mode !== undefined) return mode !== 'navigate';
  if (destination !== undefined) return destination === 'empty';
  if (!/\bMozilla\//.test(headers['user-agent'] ?? '')) return false;
  if (headers['x-requested-with']?.toString().toLowerCase() === 'xmlhttprequest') return true;
  return accept !== undefined && !/\*\/\*|text\/(?:html|\*)|application\/xhtml\+xml/i.test(accept);
}
