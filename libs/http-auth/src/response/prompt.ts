import type { Challenge } from '../http/challenge.js';
import type { HttpRequest } from '../http/request.js';
import type { Scheme } from '../schemes/scheme.js';

/** The schemes to offer, and how. */
export interface Offer {
  readonly schemes: readonly Scheme[];
  /** Changes a challenge so that browsers do not prompt for it. */
  readonly present: (challenge: Challenge) => Challenge;
}

/**
 * Returns the schemes to offer if browsers may prompt on a navigation only. For a request of a script, these are the schemes that cause
 * no prompt.
 *
 * If there is no such scheme, the challenges have a name that no browser knows, e.g. `xBasic`: a 401 must have a challenge (RFC 9110
 * section 15.5.2), and a client ignores a scheme that it does not know (section 11.6.1). A script that sends the password by itself can
 * still read the realm.
 */
export function withoutPrompts(schemes: readonly Scheme[], request: HttpRequest): Offer {
  if (!isSentByScript(request)) return { schemes, present: unchanged };
  const quiet = schemes.filter((scheme) => scheme.prompts !== true);
  return quiet.length > 0 ? { schemes: quiet, present: unchanged } : { schemes, present: disguised };
}

/** Returns a challenge as it is. */
export function unchanged(challenge: Challenge): Challenge {
  return challenge;
}

function disguised(challenge: Challenge): Challenge {
  return { ...challenge, scheme: `x${challenge.scheme}` };
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
