import type { INestApplicationContext } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { OpenAPIObject, OperationObject, ResponseObject } from '@nestjs/swagger';
import type { AuthenticationFields } from '../http/fields.js';
import { Challenger } from '../response/challenger.js';
import type { RouteEntry } from '../routes/route.entry.js';
import { RouteReport } from '../routes/route.report.js';
import { SchemeRegistry } from '../schemes/scheme.registry.js';
import { Operations } from './operations.js';

/**
 * Adds to a document what the guard does, by the same policies: the security schemes, what each operation asks for, and
 * its responses to those who do not have it, with their challenges. What the document says itself has the last word.
 *
 * @example
 * const document = documentHttpAuth(app, SwaggerModule.createDocument(app, config));
 *
 * @param document what `SwaggerModule.createDocument()` returns; it is left as it is
 */
export function documentHttpAuth(app: INestApplicationContext, document: OpenAPIObject): OpenAPIObject {
  const operations = new Operations(app.get(RouteReport).routes(), app.get(ApplicationConfig).getGlobalPrefix());
  const { fields } = app.get(Challenger);
  const securitySchemes = app
    .get(SchemeRegistry)
    .all.map(({ name, openapi }) => [keyOf(name), openapi ?? { type: 'http', scheme: keyOf(name) }]);
  return {
    ...document,
    paths: mapValues(document.paths, (item, path) =>
      mapValues(item as Record<string, OperationObject>, (operation, method) => {
        const route = operations.route(method, path);
        return route === undefined ? operation : describe(operation, route, fields);
      }),
    ),
    components: {
      ...document.components,
      securitySchemes: { ...Object.fromEntries(securitySchemes), ...document.components?.securitySchemes },
    },
  };
}

/** An operation with what its route asks for, and the responses of the guard. */
function describe(operation: OperationObject, route: RouteEntry, fields: AuthenticationFields): OperationObject {
  const security = route.schemes.map((name) => ({ [keyOf(name)]: [] }));
  if (route.access === 'public') return { security, ...operation };
  const anonymous = route.access === 'optional';
  const missing = anonymous ? '' : 'missing or ';
  const responses = {
    [fields.status]: challenged(`${fields.reason}: the credentials are ${missing}refused`, route, fields),
    // RFC 6750 section 3.1
    ...(route.schemes.some((name) => keyOf(name) === 'bearer') && {
      400: challenged('Bad Request: the Bearer credentials are malformed', route, fields),
    }),
  };
  return {
    security: anonymous ? [...security, {}] : security,
    ...operation,
    responses: {
      ...operation.responses,
      ...mapValues(responses, (ours, status) => merge(ours, operation.responses[status])),
    },
  };
}

/** A response that has challenges. */
function challenged(
  description: string,
  { schemes }: RouteEntry,
  { challenges }: AuthenticationFields,
): ResponseObject {
  const header = { description: `A challenge for each scheme: ${schemes.join(', ')}`, schema: { type: 'string' } };
  return { description, headers: { [challenges]: header } };
}

/** The response that the document has, with the header of ours. */
function merge(ours: ResponseObject, theirs: OperationObject['responses'][string]): typeof theirs {
  if (theirs === undefined || '$ref' in theirs) return theirs ?? ours;
  return { ...ours, ...theirs, headers: { ...ours.headers, ...theirs.headers } };
}

/** The name of a scheme in the document, which is what DocumentBuilder calls it as well. */
function keyOf(name: string): string {
  return name.toLowerCase();
}

function mapValues<T, U>(object: Record<string, T>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
