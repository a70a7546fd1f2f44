import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { OpenAPIObject, OperationObject, ResponseObject } from '@nestjs/swagger';
import type { AuthenticationFields } from '../http/fields.js';
import { Challenger } from '../response/challenger.js';
import type { RouteEntry } from '../routes/route.entry.js';
import { RouteReport } from '../routes/route.report.js';
import type { CertificateNeed } from '../schemes/client.certificate.js';
import { authSchemeOf, challengingSchemes } from '../schemes/auth.scheme.js';
import type { OpenApiFlow } from '../schemes/openapi.flows.js';
import type { Scheme } from '../schemes/scheme.js';
import { SchemeRegistry } from '../schemes/scheme.registry.js';
import { Operations } from './operations.js';

/** A Security Scheme Object, as @nestjs/swagger types it. */
type SecurityScheme = Exclude<
  NonNullable<NonNullable<OpenAPIObject['components']>['securitySchemes']>[string],
  { $ref: string }
>;

/**
 * Adds the policies of the routes to an OpenAPI document: the security schemes, the requirements of each operation, and the
 * responses of the guard with their challenges. Entries that the document already has are kept.
 *
 * @example
 * const document = documentHttpAuth(app, SwaggerModule.createDocument(app, config));
 * @param document the result of `SwaggerModule.createDocument()`; it is not changed
 * @returns a new document
 * @throws if the application does not import AuthModule
 */
export function documentHttpAuth(app: INestApplicationContext, document: OpenAPIObject): OpenAPIObject {
  const routes = app.get(RouteReport).routes();
  const operations = new Operations(routes, app.get(ApplicationConfig).getGlobalPrefix());
  const { fields } = app.get(Challenger);
  const schemes = app.get(SchemeRegistry).all;
  const certificates = !isVersion30(document.openapi) && schemes.some(({ needsCertificate }) => needsCertificate);
  const securitySchemes = {
    ...Object.fromEntries(schemes.map((scheme) => [keyOf(scheme.name), openapiOf(scheme, routes)])),
    ...(certificates && { [MUTUAL_TLS]: CLIENT_CERTIFICATE }),
    ...document.components?.securitySchemes,
  };
  const types = new Map(Object.entries(securitySchemes).map(([name, one]) => [name, 'type' in one ? one.type : '']));
  const describer = new Describer(schemes, types, fields, document.openapi);
  return {
    ...document,
    paths: mapValues(document.paths, (item, path) =>
      mapValues(item as Record<string, OperationObject>, (operation, method) => {
        const route = operations.route(method, path);
        return route === undefined ? operation : describer.describe(operation, route);
      }),
    ),
    components: {
      ...document.components,
      securitySchemes,
    },
  };
}

/** Describes operations by the policies of their routes. */
class Describer {
  private readonly schemes: ReadonlyMap<string, Scheme>;

  /**
   * @param types the types of the security schemes by their names in the document
   * @param version the OpenAPI version of the document, e.g. `3.0.0`
   */
  constructor(
    schemes: readonly Scheme[],
    private readonly types: ReadonlyMap<string, string>,
    private readonly fields: AuthenticationFields,
    private readonly version: string,
  ) {
    this.schemes = new Map(schemes.map((scheme) => [scheme.name, scheme]));
  }

  /** Returns an operation with the requirements of its route and the responses of the guard. */
  describe(operation: OperationObject, route: RouteEntry): OperationObject {
    const security = route.schemes.flatMap((name) => this.requirements(name, route));
    if (route.access === 'public') return { security, ...operation };
    return {
      security: route.access === 'optional' ? [...security, {}] : security,
      ...operation,
      responses: {
        ...operation.responses,
        ...mapValues(this.responses(route), (ours, status) => merge(ours, operation.responses[status])),
      },
    };
  }

  /** Returns the alternatives that satisfy a scheme: without and with a client certificate, as far as the route accepts both. */
  private requirements(name: string, route: RouteEntry): Record<string, string[]>[] {
    const alone = this.scopesOf(name, route).map((scopes) => ({ [keyOf(name)]: scopes }));
    const need = this.schemes.get(name)?.needsCertificate;
    // OpenAPI 3.0 does not have the type mutualTLS.
    if (need === undefined || isVersion30(this.version)) return alone;
    const both = alone.map((requirement) => ({ ...requirement, [MUTUAL_TLS]: [] }));
    const always = need === 'always' || (need === 'constrained' && route.senderConstrained === true);
    return always ? both : [...alone, ...both];
  }

  /** Returns the sets of scopes of which a scheme needs one: each scope alone if any of the scopes is enough. */
  private scopesOf(name: string, { scopes }: RouteEntry): string[][] {
    const type = this.types.get(keyOf(name)) ?? '';
    // OpenAPI 3.0 forbids scopes in requirements of the types http and apiKey.
    const nameable = ['openIdConnect', 'oauth2'].includes(type) || !isVersion30(this.version);
    if (scopes === undefined || !nameable) return [[]];
    return scopes.mode === 'all' ? [[...scopes.names]] : scopes.names.map((scope) => [scope]);
  }

  private responses(route: RouteEntry): Record<string, ResponseObject> {
    const { schemes, access, scopes, scopesByRequest, roles, senderConstrained } = route;
    const { status, reason } = this.fields;
    const missing = access === 'optional' ? '' : 'missing or ';
    const oauth = schemes.filter((name) => this.schemes.get(name)?.oauth === true);
    const used = schemes.map((name) => authSchemeOf(this.schemes.get(name) as Scheme));
    const strict = ['Bearer', 'DPoP', 'Digest'].filter((scheme) => used.includes(scheme.toLowerCase()));
    return {
      [status]: this.challenged(
        `${reason}: the credentials are ${missing}refused${senderConstrained ? BOUND : ''}`,
        schemes,
      ),
      // RFC 6750 section 3.1, RFC 9449 section 7.1, RFC 7616 section 3.4.6
      ...(strict.length > 0 && {
        400: this.challenged(`Bad Request: the ${strict.join(' or ')} credentials are malformed`, schemes),
      }),
      ...((scopes ?? scopesByRequest ?? roles) && {
        // A refusal because of roles has no challenge.
        403: this.challenged(
          `Forbidden: the credentials need ${needed(route)}`,
          (scopes ?? scopesByRequest) ? oauth : [],
        ),
      }),
    };
  }

  /** Returns a response with a challenge for each of the schemes. */
  private challenged(description: string, schemes: readonly string[]): ResponseObject {
    if (schemes.length === 0) return { description };
    const offered = challengingSchemes(schemes.map((name) => this.schemes.get(name) as Scheme));
    const names = offered.map(({ name, authScheme = name }) => authScheme).join(', ');
    const header = { description: `A challenge for each scheme: ${names}`, schema: { type: 'string' } };
    return { description, headers: { [this.fields.challenges]: header } };
  }
}

/** The name of client certificates in the document. The names of our schemes are in lower case, so they differ. */
const MUTUAL_TLS = 'mutualTLS';

/** The Security Scheme Object of client certificates since OpenAPI 3.1. The types of @nestjs/swagger lack it. */
const CLIENT_CERTIFICATE = {
  type: 'mutualTLS',
  description: 'The certificate that the token is bound to (RFC 8705)',
} as unknown as SecurityScheme;

/** The descriptions of schemes that need client certificates, in every version of OpenAPI. */
const BOUND_TOKENS: Readonly<Record<CertificateNeed, string>> = {
  always: 'A token must be bound to a client certificate, and needs that certificate (RFC 8705)',
  constrained: 'A token that is bound to a client certificate needs that certificate (RFC 8705)',
  bound: 'A token that is bound to a client certificate needs that certificate (RFC 8705)',
};

/** More about the 401 of a route with `@SenderConstrained()`. */
const BOUND = '; a token must be bound to a key or a certificate of the client';

/** Describes the scopes and the roles that credentials need. */
function needed({ scopes, scopesByRequest, roles }: RouteEntry): string {
  return [
    scopes && `${scopes.mode === 'all' ? 'the scopes' : 'one of the scopes'} ${scopes.names.join(', ')}`,
    scopesByRequest && 'the scopes of the request',
    roles && `${roles.mode === 'all' ? 'the roles' : 'one of the roles'} ${roles.names.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' and ');
}

/**
 * Returns the Security Scheme Object of a scheme; `type: http` if the scheme does not declare one. Each flow of OAuth has the scopes of
 * the routes, because a client cannot ask for a scope that the flow does not list.
 */
function openapiOf(scheme: Scheme, routes: readonly RouteEntry[]): SecurityScheme {
  const { name, needsCertificate } = scheme;
  const openapi = scheme.openapi ?? { type: 'http', scheme: authSchemeOf(scheme) };
  const { flows, ...own } = openapi;
  const rest = { ...(needsCertificate && { description: BOUND_TOKENS[needsCertificate] }), ...own };
  if (flows === undefined) return rest;
  const required = routes.filter(({ schemes }) => schemes.includes(name)).flatMap(({ scopes }) => scopes?.names ?? []);
  const unnamed = Object.fromEntries(required.map((scope) => [scope, '']));
  const listed = Object.entries(flows).filter(([, flow]) => flow !== undefined) as [string, OpenApiFlow][];
  return {
    ...rest,
    flows: Object.fromEntries(listed.map(([flow, one]) => [flow, { ...one, scopes: { ...unnamed, ...one.scopes } }])),
  };
}

/** Combines our response with the document's response for the same status. */
function merge(ours: ResponseObject, theirs: OperationObject['responses'][string]): typeof theirs {
  if (theirs === undefined || '$ref' in theirs) return theirs ?? ours;
  return { ...ours, ...theirs, headers: { ...ours.headers, ...theirs.headers } };
}

function isVersion30(version: string): boolean {
  return /^3\.0\b/.test(version);
}

/** Returns the name of a scheme in the document. DocumentBuilder uses the same name. */
function keyOf(name: string): string {
  return name.toLowerCase();
}

function mapValues<T, U>(object: Record<string, T>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
