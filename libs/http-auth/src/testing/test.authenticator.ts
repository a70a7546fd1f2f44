import { Authenticator } from '../guard/authenticator.js';
import { EventReporter } from '../guard/event.reporter.js';
import type { Policy } from '../guard/policy.js';
import type { HttpRequest } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { schemeOf, type TestCredentials } from './test.user.js';

/** Accepts the credentials of `asUser()` if the request does not have credentials for a scheme of the route. */
class TestAuthenticator extends Authenticator {
  constructor(
    challenger: Challenger,
    reporter: EventReporter,
    private readonly everyone?: TestCredentials,
  ) {
    super(challenger.fields, challenger, reporter, challenger.timeout);
  }

  protected override pick(policy: Policy, request: HttpRequest): Scheme | Failure {
    const picked = super.pick(policy, request);
    if (!(picked instanceof Failure) || picked.reason === 'malformed') return picked;
    // The option `ignoreOtherSchemes` makes the credentials of `asUser()` count as missing.
    const everyone = picked.reason === 'missing' ? this.everyone?.authorization : undefined;
    return schemeOf(request.headers.authorization, policy) ?? schemeOf(everyone, policy) ?? picked;
  }
}

/** The part of the `TestingModuleBuilder` of `@nestjs/testing` that {@link withTestUsers} uses. */
export interface ProviderOverrides {
  /** Replaces a provider. */
  overrideProvider(token: unknown): {
    useFactory(options: { factory: (...dependencies: never[]) => unknown; inject?: never[] }): unknown;
  };
}

/**
 * Makes the guard of a testing module accept the users of `asUser()`, both as a global guard and in `@UseGuards()`.
 * Routes keep their policies: public routes ignore the user, `@Schemes()` and `@Realm()` apply, real credentials are
 * still verified, and a request without credentials gets its challenges.
 *
 * @example
 * const module = await withTestUsers(Test.createTestingModule({ imports: [AppModule] })).compile();
 * @param builder what `Test.createTestingModule()` returns
 * @param everyone `asUser(…)`, to authenticate every request without credentials as this user
 */
export function withTestUsers<Builder extends ProviderOverrides>(
  builder: Builder,
  everyone?: TestCredentials,
): Builder {
  const factory = (challenger: Challenger, reporter: EventReporter): Authenticator =>
    new TestAuthenticator(challenger, reporter, everyone);
  builder.overrideProvider(Authenticator).useFactory({ inject: [Challenger, EventReporter] as never[], factory });
  return builder;
}
