import { type OptionNames, unknownOption } from '../common/options.js';
import { scopesProblem } from '../guard/scopes.js';
import { pathProblem, literalPath } from '../door/paths/path.problem.js';
import { fold } from '../door/paths/path.rewrites.js';
import { isSecure } from '../http/secure-url.js';
import { metadataUrlOf } from './metadata.js';
import { placed, type PlacedResource, type ResourceOptions } from './resource.options.js';

/** The members that the other options and the schemes set. */
const MADE = [
  'resource',
  'authorization_servers',
  'scopes_supported',
  'resource_name',
  'resource_documentation',
  'bearer_methods_supported',
  'dpop_signing_alg_values_supported',
  'dpop_bound_access_tokens_required',
];

const NAMES: OptionNames<ResourceOptions> = {
  url: true,
  path: true,
  authorizationServers: true,
  scopes: true,
  name: true,
  documentation: true,
  metadata: true,
};

/** Checks the option `resource`. Returns an error message, or `undefined` if it is valid. */
export function resourcesProblem(resource: ResourceOptions | readonly ResourceOptions[]): string | undefined {
  const problems = Array.isArray(resource)
    ? (resource as ResourceOptions[]).map((one, index) =>
        resourceProblem(one)?.replace(/^resource/, `resource[${index}]`),
      )
    : [resourceProblem(resource as ResourceOptions)];
  if (problems.length === 0) return 'resource: the list is empty; name at least one resource';
  return problems.find((problem) => problem !== undefined) ?? placesProblem(placed(resource));
}

/** Checks that each request, and each request for metadata, belongs to at most one resource. */
function placesProblem(resources: readonly PlacedResource[]): string | undefined {
  const known = new Map<string, string>();
  for (const { url, paths } of resources) {
    if (paths.length === 0) return `resource: the path of '${url}' is an empty list; name a path, or leave path out`;
    const problem = paths.map((path) => pathProblem(path, `resource: the path of '${url}'`)).find(Boolean);
    if (problem !== undefined) return problem;
    const places: [place: string, fix: string][] = [
      [`the url ${url}`, 'remove one of them'],
      // The Host field does not choose between two documents.
      [`the path of metadata ${metadataUrlOf(url).pathname}`, 'give their URLs different paths'],
      // A router may ignore case, so two paths must differ in more.
      ...paths.map((path): [string, string] => [
        `the path ${fold(literalPath(path))}`,
        'set path, or remove one of them',
      ]),
    ];
    for (const [place, fix] of places) {
      const other = known.get(place);
      if (other !== undefined) return `resource: '${other}' and '${url}' have ${place}; ${fix}`;
      known.set(place, url);
    }
  }
  return undefined;
}

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
