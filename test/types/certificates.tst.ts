import {
  bearer,
  type CertificateSource,
  type HttpRequest,
  SenderConstrained,
  type PathPolicy,
  type RouteEntry,
} from 'nestjs-http-auth';
import {
  type CertificateFormat,
  fromProxy,
  fromTls,
  type ProxyOptions,
  type TlsOptions,
} from 'nestjs-http-auth/certificates';
import { dpop } from 'nestjs-http-auth/dpop';
import { describe, expect, test } from 'tstyche';

const verify = () => 'alice';
const trusted = ['10.0.0.0/8'];

describe('A source of certificates', () => {
  test('is an option of bearer() and dpop()', () => {
    for (const certificate of [fromTls(), fromProxy({ field: 'Client-Cert', format: 'rfc9440', trusted })]) {
      expect(bearer).type.toBeCallableWith(verify, { certificate });
      expect(dpop).type.toBeCallableWith(verify, { certificate });
    }
    expect(bearer).type.not.toBeCallableWith(verify, { certificate: true });
    expect(bearer).type.not.toBeCallableWith(verify, { certificate: fromTls });
  });

  test('may be written by the application', () => {
    expect<CertificateSource>().type.toBeAssignableFrom({ find: () => ({ thumbprint: 'a' }) });
    expect<CertificateSource>().type.toBeAssignableFrom({
      required: true,
      find: ({ headers }: HttpRequest) => ({ missing: headers.host === undefined ? 'a' : 'b' }),
    });
    expect<CertificateSource>().type.not.toBeAssignableFrom({ find: () => 'a' });
    expect<CertificateSource>().type.not.toBeAssignableFrom({ find: async () => ({ thumbprint: 'a' }) });
  });

  test('has options with types', () => {
    expect(fromTls).type.toBeCallableWith({ required: true });
    expect(fromTls).type.not.toBeCallableWith({ required: 'yes' });
    expect<TlsOptions>().type.not.toBeAssignableFrom({ trusted });
    expect<CertificateFormat>().type.toBe<'rfc9440' | 'xfcc' | 'pem' | 'alb'>();
    expect<ProxyOptions>().type.toBeAssignableFrom({ field: 'a', format: 'pem', trusted, required: false } as const);
    expect(fromProxy).type.not.toBeCallableWith();
    expect(fromProxy).type.not.toBeCallableWith({ field: 'a', format: 'pem' });
    expect(fromProxy).type.not.toBeCallableWith({ field: 'a', format: 'der', trusted });
    expect(fromProxy).type.not.toBeCallableWith({ field: 'a', format: 'pem', trusted: '10.0.0.0/8' });
  });
});

test('@SenderConstrained() does not take an argument, and is a requirement of paths and routes', () => {
  @SenderConstrained()
  class Routes {
    @SenderConstrained() pay() {}
  }
  expect(Routes).type.toBeConstructableWith();
  expect(SenderConstrained).type.not.toBeCallableWith(false);
  expect<PathPolicy['senderConstrained']>().type.toBe<boolean | undefined>();
  expect<RouteEntry['senderConstrained']>().type.toBe<true | undefined>();
});
