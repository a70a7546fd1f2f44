import { type OptionNames, unknownOption } from '../common/options.js';
import type { OpenApiScheme } from './scheme.js';

/** An OAuth Flow Object of OpenAPI 3. */
export interface OpenApiFlow {
  /** The URL of the authorization endpoint, for `implicit` and `authorizationCode`. */
  readonly authorizationUrl?: string;
  /** The URL of the token endpoint, for `password`, `clientCredentials` and `authorizationCode`. */
  readonly tokenUrl?: string;
  /** The URL for refresh tokens. */
  readonly refreshUrl?: string;
  /**
   * The scopes with their descriptions.
   *
   * @default the scopes of `@Scopes()`, which the document always lists, without descriptions
   */
  readonly scopes?: Readonly<Record<string, string>>;
}

/** The flows by which a client can get a token, at least one (an OAuth Flows Object of OpenAPI 3). */
export interface OpenApiFlows {
  /** The authorization code flow (RFC 6749 section 4.1). Swagger UI uses it with PKCE if its settings say so. */
  readonly authorizationCode?: OpenApiFlow;
  /** The client credentials flow (RFC 6749 section 4.4). */
  readonly clientCredentials?: OpenApiFlow;
  /** The implicit flow (RFC 6749 section 4.2), which RFC 9700 section 2.1.2 advises against. */
  readonly implicit?: OpenApiFlow;
  /** The password flow (RFC 6749 section 4.3), which RFC 9700 section 2.4 forbids. */
  readonly password?: OpenApiFlow;
}

const SCHEME_NAMES: OptionNames<OpenApiScheme> = {
  type: true,
  scheme: true,
  bearerFormat: true,
  in: true,
  name: true,
  openIdConnectUrl: true,
  flows: true,
  description: true,
};

/** The fields that each type requires. */
const REQUIRED: Readonly<Record<OpenApiScheme['type'], readonly (keyof OpenApiScheme)[]>> = {
  http: ['scheme'],
  apiKey: ['in', 'name'],
  openIdConnect: ['openIdConnectUrl'],
  oauth2: ['flows'],
};

const FLOW_NAMES: OptionNames<OpenApiFlow> = {
  authorizationUrl: true,
  tokenUrl: true,
  refreshUrl: true,
  scopes: true,
};

/** The URLs that each flow requires. */
const URLS: Readonly<Record<keyof OpenApiFlows, readonly (keyof OpenApiFlow)[]>> = {
  authorizationCode: ['authorizationUrl', 'tokenUrl'],
  clientCredentials: ['tokenUrl'],
  implicit: ['authorizationUrl'],
  password: ['tokenUrl'],
};

/** Checks the option `openapi` of a scheme. Returns an error message, or `undefined` if it is valid. */
export function openApiProblem(openapi: OpenApiScheme | undefined): string | undefined {
  if (openapi === undefined) return undefined;
  if (typeof openapi !== 'object' || openapi === null) {
    return "openapi must be a Security Scheme Object, e.g. { type: 'http', scheme: 'bearer' }";
  }
  const unknown = unknownOption(openapi, SCHEME_NAMES, 'openapi.');
  if (unknown !== undefined) return unknown;
  if (!Object.hasOwn(REQUIRED, openapi.type)) return `openapi.type must be one of ${Object.keys(REQUIRED).join(', ')}`;
  const missing = REQUIRED[openapi.type].find((name) => openapi[name] === undefined);
  if (missing !== undefined) return `openapi: the type ${openapi.type} needs ${missing}; add it`;
  return openapi.flows === undefined ? undefined : flowsProblem(openapi.flows);
}

function flowsProblem(flows: OpenApiFlows): string | undefined {
  if (typeof flows !== 'object' || flows === null) return 'openapi.flows must be an object of flows';
  const known = Object.fromEntries(Object.keys(URLS).map((name) => [name, true as const]));
  const unknown = unknownOption(flows, known, 'openapi.flows.');
  if (unknown !== undefined) return unknown;
  const all = Object.entries(flows) as [keyof OpenApiFlows, OpenApiFlow | undefined][];
  const entries = all.flatMap(([name, flow]) => (flow === undefined ? [] : [[name, flow] as const]));
  if (entries.length === 0) return 'openapi.flows must have at least one flow, e.g. authorizationCode';
  return entries.map(([name, flow]) => flowProblem(name, flow)).find((problem) => problem !== undefined);
}

function flowProblem(name: keyof OpenApiFlows, flow: OpenApiFlow): string | undefined {
  const path = `openapi.flows.${name}`;
  if (typeof flow !== 'object' || flow === null) return `${path} must be an object with the URLs of its endpoints`;
  const unknown = unknownOption(flow, FLOW_NAMES, `${path}.`);
  if (unknown !== undefined) return unknown;
  for (const field of ['authorizationUrl', 'tokenUrl', 'refreshUrl'] as const) {
    const url = flow[field];
    if (url === undefined && !URLS[name].includes(field)) continue;
    if (typeof url !== 'string' || !URL.canParse(url)) return `${path}.${field} must be the URL of the endpoint`;
  }
  const { scopes = {} } = flow;
  const valid =
    typeof scopes === 'object' &&
    scopes !== null &&
    !Array.isArray(scopes) &&
    Object.values(scopes).every((text) => typeof text === 'string');
  return valid ? undefined : `${path}.scopes must map each scope to its description`;
}
