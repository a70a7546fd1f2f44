import { type OptionNames, unknownOption } from '../common/options.js';
import { scopesProblem } from '../guard/scopes.js';
import { isSecure } from '../http/secure-url.js';
import type { ResourceOptions } from './resource.options.js';

/** The members that the other options and the schemes set. */
const MADE = [
  'resource',
  'authorization_servers',
  'scopes_supported',
  'resource_name',
  'resource_documentation',
  'bearer_methods_supported',
];

const NAMES: OptionNames<ResourceOptions> = {
  url: true,
  authorizationServers: true,
  scopes: true,
  name: true,
  documentation: true,
  metadata: true,
};

/** Checks the options of a resource. Returns an error message, or `undefined` if they are valid. */
export function resourceProblem(options: Partial<ResourceOptions> | null): string | undefined {
  if (typeof options !== 'object' || options === null) return 'resource must have a url and authorizationServers';
  const { url, authorizationServers: servers, scopes, name, documentation, metadata } = options;
  const unknown = unknownOption(options, NAMES, 'resource.');
  if (unknown !== undefined) return unknown;
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
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '')) return 'resource.name must be a string';
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

/** Checks a URL that clients compare character by character. Returns an error message, or `undefined` if it is valid. */
function urlProblem(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return `'${String(text)}' is not a URL`;
  const url = new URL(text);
  if (!isSecure(url)) {
    return `'${text}' must be https; http is allowed for this machine only`;
  }
  if (/[?#]/.test(text) || url.username !== '' || url.password !== '')
    return `'${text}' must not have a query, a fragment or a username`;
  const { href } = url;
  return href === text || href === `${text}/` ? undefined : `'${text}' is not in its normal form; write '${href}'`;
}
