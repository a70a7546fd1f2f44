import type { Request as ExpressRequest } from 'express';
import type { FastifyRequest } from 'fastify';
import type { DynamicModule } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { Passport } from 'passport';
import { Strategy as JwtStrategy } from 'passport-jwt';
import {
  AuthModule,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  basic,
  type BasicCredentials,
  BasicStrategy,
  bearerChallenge,
  BearerStrategy,
  type HttpRequest,
  passportStrategy,
  type RealmFunction,
} from 'nestjs-http-auth';
import { describe, expect, test } from 'tstyche';

const schemes = [basic(() => null)];
const realm = 'Staging';

class Settings {
  readonly realm: string = realm;
}

class Factory implements AuthOptionsFactory {
  constructor(private readonly settings: Settings) {}

  createAuthOptions(): AuthModuleOptions {
    return { realm: this.settings.realm, schemes };
  }
}

class LaterFactory implements AuthOptionsFactory {
  createAuthOptions(): Promise<AuthModuleOptions> {
    return Promise.resolve({ realm, schemes });
  }
}

class Routes {}

class NestJwtStrategy extends PassportStrategy(JwtStrategy) {
  constructor(secretOrKey: string) {
    super({ jwtFromRequest: () => null, secretOrKey });
  }

  validate({ sub }: { sub: string }) {
    return { name: sub };
  }
}

class StaffStrategy extends BasicStrategy<{ name: string }> {
  constructor() {
    super(() => null);
  }

  override validate({ username }: BasicCredentials) {
    return username === 'alice' ? { name: username } : null;
  }
}

describe('AuthModule.forRoot()', () => {
  test('returns a dynamic module', () => {
    expect(AuthModule.forRoot({ realm, schemes })).type.toBe<DynamicModule>();
  });

  test('requires a realm and schemes', () => {
    expect(AuthModule.forRoot).type.not.toBeCallableWith();
    expect(AuthModule.forRoot).type.not.toBeCallableWith({});
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ schemes });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes: basic });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes: ['basic'] });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, realms: [] });
  });

  test('accepts a resource with a URL and authorization servers', () => {
    const resource = { url: 'https://api.example.com', authorizationServers: ['https://login.example.com'] };
    expect(AuthModule.forRoot).type.toBeCallableWith({ realm, schemes, resource });
    expect(AuthModule.forRoot).type.toBeCallableWith({
      realm,
      schemes,
      resource: {
        ...resource,
        scopes: ['a'],
        name: 'A',
        documentation: 'https://a.example',
        metadata: { jwks_uri: 'x' },
      },
    });
    expect(AuthModule.forRoot).type.toBeCallableWith({
      realm,
      schemes,
      resource: [resource, { ...resource, path: '/b' }],
    });
    expect(AuthModule.forRoot).type.toBeCallableWith({
      realm,
      schemes,
      resource: { ...resource, path: ['/a', '/b'] as const },
    });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, resource: [{ url: resource.url }] });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, resource: { ...resource, path: 5 } });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, resource: { url: resource.url } });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, resource: resource.url });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, resource: { ...resource, issuer: 'x' } });
  });

  test('accepts a realm that is a string or a function of the request', () => {
    AuthModule.forRoot({
      realm: (request) => {
        expect(request).type.toBe<HttpRequest>();
        return request.headers.host ?? realm;
      },
      schemes,
    });
    expect(AuthModule.forRoot).type.toBeCallableWith({ realm: () => Promise.resolve(realm), schemes });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm: 5, schemes });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm: () => 5, schemes });
  });

  test("accepts a realm function of Express's or Fastify's request", () => {
    expect((request: ExpressRequest) => request.hostname).type.toBeAssignableTo<RealmFunction>();
    expect((request: FastifyRequest) => request.hostname).type.toBeAssignableTo<RealmFunction>();
    expect((request: string) => request).type.not.toBeAssignableTo<RealmFunction>();
  });

  test('accepts globalGuard and the routes that are public', () => {
    expect(AuthModule.forRoot).type.toBeCallableWith({ realm, schemes, globalGuard: false });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, globalGuard: 'no' });
    expect(AuthModule.forRoot).type.toBeCallableWith({ realm, schemes, public: [Routes] });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, public: ['/health'] });
    AuthModule.forRoot({ realm, schemes, public: [({ controller }) => controller === Routes] });
  });

  test('accepts a Passport instance', () => {
    expect(AuthModule.forRoot).type.toBeCallableWith({ realm, schemes, passport });
    expect(AuthModule.forRoot).type.toBeCallableWith({ realm, schemes, passport: new Passport() });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ realm, schemes, passport: true });
  });
});

describe('AuthModule.forRootAsync()', () => {
  test('accepts a factory with its injected providers', () => {
    expect(
      AuthModule.forRootAsync({
        imports: [class SettingsModule {}],
        inject: [Settings],
        useFactory: (settings: Settings) => ({ realm: settings.realm, schemes }),
      }),
    ).type.toBe<DynamicModule>();
    expect(AuthModule.forRootAsync).type.toBeCallableWith({ useFactory: async () => ({ realm, schemes }) });
    expect(AuthModule.forRootAsync).type.not.toBeCallableWith({ useFactory: () => ({ realm }) });
    expect(AuthModule.forRootAsync).type.not.toBeCallableWith({ useFactory: () => ({ realm: 5, schemes }) });
  });

  test('accepts a class that creates the options', () => {
    expect(AuthModule.forRootAsync).type.toBeCallableWith({ useClass: Factory });
    expect(AuthModule.forRootAsync).type.toBeCallableWith({ useClass: LaterFactory });
    expect(AuthModule.forRootAsync).type.toBeCallableWith({ useExisting: Factory });
    expect(AuthModule.forRootAsync).type.not.toBeCallableWith({ useClass: Settings });
    expect(AuthModule.forRootAsync).type.not.toBeCallableWith({ useExisting: Settings });
    expect(AuthModule.forRootAsync).type.not.toBeCallableWith({ useClass: new LaterFactory() });
  });
});

describe('passportStrategy()', () => {
  const jwt = new JwtStrategy({ jwtFromRequest: () => null, secretOrKey: 'secret' }, () => undefined);

  test('accepts a strategy or its class', () => {
    expect(passportStrategy).type.toBeCallableWith(jwt, { scheme: 'Bearer', challenge: bearerChallenge });
    expect(passportStrategy).type.toBeCallableWith(JwtStrategy, { scheme: 'Bearer' });
    expect(passportStrategy).type.toBeCallableWith(NestJwtStrategy, { scheme: 'Bearer' });
    expect(passportStrategy).type.toBeCallableWith(StaffStrategy, { scheme: 'Basic' });
    expect(passportStrategy).type.not.toBeCallableWith(new Settings(), { scheme: 'Bearer' });
    expect(passportStrategy).type.not.toBeCallableWith(Settings, { scheme: 'Bearer' });
  });

  test('requires the name of the scheme', () => {
    expect(passportStrategy).type.not.toBeCallableWith(jwt);
    expect(passportStrategy).type.not.toBeCallableWith(jwt, {});
    expect(passportStrategy).type.not.toBeCallableWith(jwt, { scheme: 1 });
  });
});

describe('BasicStrategy and BearerStrategy', () => {
  test('are Passport strategies', () => {
    expect(passport.use).type.toBeCallableWith(new BasicStrategy(() => null));
    expect(passport.use).type.toBeCallableWith(new BearerStrategy(() => null));
    expect(passport.use).type.toBeCallableWith(new StaffStrategy());
  });

  test('require a verifier that returns their principal', () => {
    expect(BasicStrategy<{ name: string }>).type.toBeConstructableWith(() => ({ name: 'alice' }), { charset: null });
    expect(BasicStrategy<{ name: string }>).type.not.toBeConstructableWith(() => 'alice');
    expect(BearerStrategy).type.not.toBeConstructableWith();
  });
});
