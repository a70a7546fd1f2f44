import type { TestingModuleBuilder } from '@nestjs/testing';
import { Authenticator } from '../guard/authenticator.js';
import { EventReporter } from '../guard/event.reporter.js';
import type { Policy } from '../guard/policy.js';
import type { HttpRequest } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { schemeOf, type TestCredentials } from './test.user.js';

/** Takes the credentials of `asUser()` where the real one finds none that it could have judged. All else is as it was. */
class TestAuthenticator extends Authenticator {
  constructor(
    challenger: Challenger,
    reporter: EventReporter,
    private readonly everyone?: TestCredentials,
  ) {
    super(challenger.fields, challenger, reporter);
  }

  protected override pick(policy: Policy, request: HttpRequest): Scheme | Failure {
    const picked = super.pick(policy, request);
    if (!(picked instanceof Failure) || picked.reason === 'malformed') return picked;
    const { authorization } = picked.reason === 'missing' ? (this.everyone ?? {}) : request.headers;
    return schemeOf(authorization, policy) ?? picked;
  }
}

/**
 * Lets the guard of a testing module take the users of `asUser()`, wherever it stands: globally or in `@UseGuards()`.
 * Routes keep their policies: public ones see nobody, `@Schemes()` and `@Realm()` hold, real credentials are still judged,
 * and a request without any has its challenges.
 *
 * @example
 * const module = await withTestUsers(Test.createTestingModule({ imports: [AppModule] })).compile();
 *
 * @param everyone `asUser(…)`, to sign in every request that brings no credentials of its own
 */
export function withTestUsers(builder: TestingModuleBuilder, everyone?: TestCredentials): TestingModuleBuilder {
  return builder.overrideProvider(Authenticator).useFactory({
    inject: [Challenger, EventReporter],
    factory: (challenger: Challenger, reporter: EventReporter) => new TestAuthenticator(challenger, reporter, everyone),
  });
}
