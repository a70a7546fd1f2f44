import type { AuthParams } from '../http/auth-param.js';

/** A protected resource of the application, as challenges and verifiers need it. */
export interface ProtectedResource {
  /** The resource identifier (RFC 9728 section 1.2). */
  readonly url: string;
  /** The params of the resource for the challenges of OAuth schemes (RFC 9728 section 5.1). */
  readonly params: AuthParams;
}

/** `ambiguous`: the target of the request can be read in several ways, and not all of them belong to the same resource. */
export type FoundResource = ProtectedResource | 'ambiguous' | undefined;

/** Finds the protected resources of an application. */
export interface ProtectedResources {
  /** Returns the resource that a request target belongs to; `undefined` if it belongs to none. */
  at(target: string): FoundResource;
}

/** The injection token of the {@link ProtectedResources} of an application. */
export const RESOURCES = Symbol('nestjs-http-auth:resources');
