import { scopesProblem } from '../guard/scopes.js';
import { isSecure } from '../http/secure-url.js';
import type { ResourceOptions } from './resource.options.js';

/** The members that are made of the other options, and of the schemes. */
const MADE = [
  'resource',
  'authorization_servers',
  'scopes_supported',
  'resource_name',
  'resource_documentation',
  'bearer_methods_supported',
];

/** Says what is wrong with the description of a resource; `undefined` where nothing is. */
export function resourceProblem(options: Partial<ResourceOptions> | null): string | undefined {
  if (typeof options !== 'object' || options === null) return 'resource must have a url and authorizationServers';
  const { url, authorizationServers: servers, scopes, name, documentation, metadata } = options;
  const wrong = urlProblem(url);
  if (wrong !== undefined) return `resource.url: ${wrong} (RFC 9728 section 1.2)`;
  if (!Array.isArray(servers) || servers.length === 0) {
    return 'resource.authorizationServers must list the issuer of one authorization server or more';
  }
  for (const server of servers) {
    const problem = urlProblem(server);
    if (problem !== undefined) return `resource.authorizationServers: ${problem} (RFC 8414 section 2)`;
  }
  if (scopes !== undefined) {
    const problem = scopesProblem({ names: scopes, mode: 'all' });
    if (problem !== undefined) return `resource.${problem}`;
  }
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '')) return 'resource.name must be a text';
  if (documentation !== undefined && !/^https?:\/\//.test(documentation)) {
    return 'resource.documentation must be the URL of a page';
  }
  return metadata === undefined ? undefined : metadataProblem(metadata);
}

function metadataProblem(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    return 'resource.metadata must be an object of members and their values';
  }
  for (const [member, value] of Object.entries(metadata)) {
    if (MADE.includes(member)) return `resource.metadata: ${member} is made of the other options; leave it out`;
    if (['""', '[]', 'null', undefined].includes(JSON.stringify(value))) {
      return `resource.metadata: ${member} has no value; leave it out (RFC 9728 section 3.2)`;
    }
  }
  return undefined;
}

/** Says what is wrong with a URL that others must find the same, letter by letter. */
function urlProblem(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return `'${String(text)}' is no URL`;
  const url = new URL(text);
  if (!isSecure(url)) {
    return `'${text}' is not https, which only a URL of this machine need not be`;
  }
  if (/[?#]/.test(text) || url.username !== '' || url.password !== '')
    return `'${text}' has a query, a fragment or a username, which it must not`;
  const { href } = url;
  return href === text || href === `${text}/`
    ? undefined
    : `'${text}' is spelt otherwise than others will; write '${href}'`;
}
