import type { Type } from '@nestjs/common';
import { GATEWAY_METADATA, SSE_METADATA } from '../common/nest.internals.js';
import { acceptsEventStream, type HttpRequest } from '../http/request.js';
import type { Opening, Scheme } from '../schemes/scheme.js';
import type { Policy } from './policy.js';

/** Returns what the requests of a handler open. */
export function openingOf(type: Type, handler: Function): Opening {
  if (Reflect.hasMetadata(SSE_METADATA, handler)) return 'stream';
  return Reflect.hasMetadata(GATEWAY_METADATA, type) ? 'connection' : 'response';
}

/** Returns what a request to a protected path opens. No handler is known there, so the request decides. */
export function openingOfRequest(request: Pick<HttpRequest, 'method' | 'headers'>, upgrade: boolean): Opening {
  if (upgrade) return 'connection';
  return acceptsEventStream(request) ? 'stream' : 'response';
}

/** Returns `true` if a scheme authenticates requests that open this. */
export function authenticates({ opens }: Scheme, opening: Opening): boolean {
  return opens === undefined || opens.includes(opening);
}

/**
 * Returns the schemes whose challenges a request gets. If no scheme authenticates such requests, these are all schemes, because a
 * 401 must have a challenge.
 */
export function schemesFor(schemes: readonly Scheme[], opening: Opening): readonly Scheme[] {
  const fitting = schemes.filter((scheme) => authenticates(scheme, opening));
  return fitting.length === 0 || fitting.length === schemes.length ? schemes : fitting;
}

/** The policies of protected paths, for each opening. */
const narrowed = new WeakMap<Policy, Map<Opening, Policy>>();

/** Returns the policy of a protected path for requests that open this. */
export function policyFor(policy: Policy, opens: Opening): Policy {
  let policies = narrowed.get(policy);
  if (policies === undefined) narrowed.set(policy, (policies = new Map()));
  let one = policies.get(opens);
  if (one === undefined) {
    policies.set(opens, (one = { ...policy, opens, schemes: schemesFor(policy.schemes, opens) }));
  }
  return one;
}
