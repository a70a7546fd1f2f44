import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as constants from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer, RouterModule } from '@nestjs/core';
import { Mutation, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { EventPattern, GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import * as internals from './nest.internals.js';

/** Returns the methods of a class by name. */
function handlersOf({ prototype }: { readonly prototype: object }): Record<string, object> {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(prototype) as Record<
    string,
    PropertyDescriptor
  >;
  return Object.fromEntries(Object.entries(methods).map(([name, { value }]) => [name, value as object]));
}

describe('The keys of metadata', () => {
  it('have the values of the constants in the installed version of Nest', () => {
    expect(internals).toMatchObject({
      PATH_METADATA: constants.PATH_METADATA,
      METHOD_METADATA: constants.METHOD_METADATA,
      HOST_METADATA: constants.HOST_METADATA,
      VERSION_METADATA: constants.VERSION_METADATA,
      GUARDS_METADATA: constants.GUARDS_METADATA,
      INJECTABLE_METADATA: constants.INJECTABLE_WATERMARK,
      MODULE_PATH: constants.MODULE_PATH,
    });
  });

  it('are set by the decorators of the other transports', () => {
    @WebSocketGateway()
    class Gateway {
      @SubscribeMessage('a') message(this: void) {}
    }
    @Resolver()
    class Books {
      @Query(() => String) query(this: void) {}
      @Mutation(() => String) mutation(this: void) {}
      @Subscription(() => String) subscription(this: void) {}
      @ResolveField() field(this: void) {}
    }
    class Messages {
      @MessagePattern('a') message(this: void) {}
      @EventPattern('a') event(this: void, _data: unknown) {}
      @GrpcMethod('Books', 'Find') call(this: void, _data: unknown) {}
    }
    const { message } = Gateway.prototype;
    const { query, mutation, subscription, field } = Books.prototype;
    const all = [Gateway, message, query, mutation, subscription, field, ...Object.values(handlersOf(Messages))];
    const having = (key: string) => all.filter((target) => Reflect.hasMetadata(key, target));
    expect(having(internals.GATEWAY_METADATA)).toEqual([Gateway]);
    expect(having(internals.MESSAGE_METADATA)).toEqual([message]);
    expect(having(internals.RESOLVER_METADATA)).toEqual([query, mutation, subscription]);
    expect(having(internals.FIELD_METADATA)).toEqual([field]);
    expect(having(internals.PATTERN_METADATA)).toEqual(Object.values(handlersOf(Messages)));
  });

  it('include the key that RouterModule writes', () => {
    class Part {}
    const modules = new ModulesContainer();
    expect(new RouterModule(modules, [{ path: 'part', module: Part }])).toBeInstanceOf(RouterModule);
    expect(Reflect.getMetadata(internals.MODULE_PATH + modules.applicationId, Part)).toBe('/part');
  });
});

describe('loadNestRouter()', () => {
  const file = '@nestjs/core/router/paths-explorer.js';
  const problem =
    /^@nestjs\/core: this version has another router \(.+\); install a version that nestjs-http-auth supports$/;

  beforeEach(() => {
    jest.resetModules();
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('loads the classes of the router', async () => {
    const { paths, explorer } = await internals.loadNestRouter(new ApplicationConfig());
    expect(paths.create({ ctrlPath: 'a', methodPath: 'b' })).toEqual(['/a/b']);
    expect(explorer.scanForPaths({}, {})).toEqual([]);
  });

  it('throws an error with a code if Nest stores other metadata', async () => {
    jest.spyOn(Reflect, 'getMetadata').mockReturnValue(undefined);
    await expect(internals.loadNestRouter(new ApplicationConfig())).rejects.toMatchObject({
      code: 'ERR_AUTH_NEST_VERSION',
      message: expect.stringMatching(problem),
    });
  });

  it('throws an error with a code if Nest lacks a class', async () => {
    jest.unstable_mockModule(file, () => ({ PathsExplorer: undefined }));
    const { loadNestRouter } = await import('./nest.internals.js');
    await expect(loadNestRouter(new ApplicationConfig())).rejects.toMatchObject({
      code: 'ERR_AUTH_NEST_VERSION',
      message: expect.stringMatching(problem),
    });
    jest.unstable_unmockModule(file);
  });
});
