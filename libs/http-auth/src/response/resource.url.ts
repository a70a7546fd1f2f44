import { BadRequestException } from '@nestjs/common';
import { Failure } from '../schemes/failure.js';
import { RefusedException } from '../schemes/refused.exception.js';
import type { FoundResource } from './protected.resources.js';

/** The key of the resource on a request. All copies of this package in a process share it. */
const RESOURCE: unique symbol = Symbol.for('nestjs-http-auth:resource');

type WithResource = object & { [RESOURCE]?: FoundResource };

/** Notes the resource of a request before a scheme verifies its credentials. */
export function noteResource(request: object, resource: FoundResource): void {
  if (resource === undefined && !(RESOURCE in request)) return;
  Object.defineProperty(request, RESOURCE, { value: resource, configurable: true });
}

/**
 * Returns the URL of the resource that a request belongs to, or `undefined` if it belongs to none.
 *
 * @throws BadRequestException if the target of the request can be read in several ways
 */
export function resourceOf(request: object): string | undefined {
  const resource = (request as WithResource)[RESOURCE];
  if (resource !== 'ambiguous') return resource?.url;
  throw new BadRequestException('The request target is not accepted: it has several readings');
}

/**
 * Returns the URL of the resource that a request belongs to (the option `resource` of `AuthModule`). A token is for this resource
 * if its audience is this URL (RFC 8707 section 2, RFC 9728 section 7.4). Call it in a verifier.
 *
 * @example
 * bearer(jwt({ issuers: (request) => [{ issuer, audience: resourceUrl(request) }] }))
 * @param request the request that the verifier gets
 * @throws UnauthorizedException if the request belongs to no resource; the client gets 401
 * @throws BadRequestException if the target of the request can be read in several ways; the client gets 400
 */
export function resourceUrl(request: object): string {
  const url = resourceOf(request);
  if (url !== undefined) return url;
  throw RefusedException.of(new Failure('invalid', undefined, 401, { message: 'The request belongs to no resource' }));
}
