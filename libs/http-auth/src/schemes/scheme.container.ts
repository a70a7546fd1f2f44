import { type Abstract, Injectable, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { SchemeContainer } from './scheme.js';
import { isVerifierClass, type Verifier, type VerifierClass, type VerifierFunction } from './verifier.js';

/** Finds what the schemes need in Nest's container, in whichever module provides it. */
@Injectable()
export class NestSchemeContainer implements SchemeContainer {
  constructor(private readonly moduleRef: ModuleRef) {}

  verifier<Credentials, Principal, Request>(
    verifier: Verifier<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request> {
    if (!isVerifierClass(verifier)) return verifier;
    if (this.scopeOf(verifier) !== Scope.DEFAULT) return this.perRequest(verifier);
    const instance = this.provider(verifier);
    if (typeof instance.verify !== 'function') {
      throw new AuthConfigurationError(
        'ERR_AUTH_PROVIDER_MISSING',
        `${verifier.name} has no verify(credentials, request) method: add one to it`,
      );
    }
    return (credentials, request) => instance.verify(credentials, request);
  }

  provider<T>(type: Type<T> | Abstract<T>): T {
    if (this.scopeOf(type) !== Scope.DEFAULT) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PROVIDER_MISSING',
        `${type.name} is request-scoped: a Passport strategy must be a singleton`,
      );
    }
    return this.moduleRef.get(type, { strict: false });
  }

  private perRequest<Credentials, Principal, Request>(
    type: VerifierClass<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request> {
    return async (credentials, request) => {
      const contextId = ContextIdFactory.getByRequest(request as object);
      this.moduleRef.registerRequestByContextId(request, contextId);
      const instance = await this.moduleRef.resolve(type, contextId, { strict: false });
      return instance.verify(credentials, request);
    };
  }

  private scopeOf(type: Type | Abstract<unknown>): Scope {
    try {
      return this.moduleRef.introspect(type as Type).scope;
    } catch (cause) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PROVIDER_MISSING',
        `${type.name} is given in schemes, but no module provides it: add it to the providers of one`,
        { cause },
      );
    }
  }
}
