import { type Abstract, Inject, Injectable, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { isPromise } from '../common/promise.js';
import { TIMEOUT, withinTime } from '../common/timeout.js';
import { type AuthenticationFields, FIELDS, PROXY } from '../http/fields.js';
import { firstOf, partsOf } from './any.of.js';
import { refusingBound } from './bound.token.js';
import type { SchemeContainer } from './scheme.js';
import { tooLate } from './unavailable.exception.js';
import { isVerifierClass, type Verifier, type VerifierClass, type VerifierFunction } from './verifier.js';

/** The injection token of the URLs of the protected resources. */
export const RESOURCE_URLS = Symbol('nestjs-http-auth:resource-urls');

/** Finds verifiers and strategies in Nest's container, in any module of the application. */
@Injectable()
export class NestSchemeContainer implements SchemeContainer {
  constructor(
    private readonly moduleRef: ModuleRef,
    /** The milliseconds that a verifier may take. */
    @Inject(TIMEOUT) private readonly timeout: number,
    @Inject(FIELDS) private readonly fields: AuthenticationFields,
    @Inject(RESOURCE_URLS) readonly resourceUrls: readonly string[],
  ) {}

  get isProxy(): boolean {
    return this.fields.status === PROXY.status;
  }

  /** The time is limited here as well as for the whole scheme, so that the limits on failed logins learn that the attempt has ended. */
  verifier<Credentials, Principal, Request>(
    verifier: Verifier<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request> {
    const verify = refusingBound(this.functionOf(verifier));
    return (credentials, request, context) => {
      const verdict = verify(credentials, request, context);
      return isPromise(verdict) ? withinTime(verdict, this.timeout, tooLate) : verdict;
    };
  }

  private functionOf<Credentials, Principal, Request>(
    verifier: Verifier<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request> {
    const parts = partsOf(verifier);
    if (parts !== undefined) return firstOf(parts.map((part) => this.functionOf(part)));
    if (!isVerifierClass(verifier) && !this.isProvided(verifier)) return withoutVerifiers(verifier);
    if (this.scopeOf(verifier) !== Scope.DEFAULT) return this.perRequest(verifier);
    const instance = this.provider(verifier);
    if (typeof instance.verify !== 'function') {
      throw new AuthConfigurationError(
        'ERR_AUTH_VERIFIER',
        `${verifier.name}: it has no method verify(credentials, request); add one`,
      );
    }
    return (credentials, request, context) => instance.verify(credentials, request, context);
  }

  provider<T>(type: Type<T> | Abstract<T>): T {
    if (this.scopeOf(type) !== Scope.DEFAULT) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PROVIDER_SCOPE',
        `${type.name}: a Passport strategy must be a singleton; remove its request scope`,
      );
    }
    return this.moduleRef.get(type, { strict: false });
  }

  private perRequest<Credentials, Principal, Request>(
    type: VerifierClass<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request> {
    return async (credentials, request, context) => {
      const contextId = ContextIdFactory.getByRequest(request as object);
      this.moduleRef.registerRequestByContextId(request, contextId);
      const instance = await this.moduleRef.resolve(type, contextId, { strict: false });
      return instance.verify(credentials, request, context);
    };
  }

  /** Returns `true` if a module provides the class. Its code may have been compiled to a plain function. */
  private isProvided<C, P, R>(verifier: Verifier<C, P, R>): verifier is VerifierClass<C, P, R> {
    try {
      this.moduleRef.introspect(verifier as Type);
      return true;
    } catch {
      return false;
    }
  }

  private scopeOf(type: Type | Abstract<unknown>): Scope {
    try {
      return this.moduleRef.introspect(type as Type).scope;
    } catch (cause) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PROVIDER_MISSING',
        `${type.name}: no module provides this class of schemes; add it to the providers of a module`,
        { cause },
      );
    }
  }
}

/** Throws if a function ignores the credentials and returns a verifier: the application meant to pass the verifier itself. */
function withoutVerifiers<Credentials, Principal, Request>(
  verify: VerifierFunction<Credentials, Principal, Request>,
): VerifierFunction<Credentials, Principal, Request> {
  if (verify.length > 0) return verify;
  return (credentials, request, context) => {
    const verdict = verify(credentials, request, context);
    if (typeof (verdict as { verify?: unknown } | null | undefined)?.verify !== 'function') return verdict;
    throw new TypeError('The verifier returned another verifier; pass the class to the scheme, or call its verify()');
  };
}
