/**
 * The module, the schemes, the decorators and the types that verifiers use.
 *
 * ```ts
 * import { AuthModule, basic, bearer, Public } from 'nestjs-http-auth';
 * ```
 *
 * @module nestjs-http-auth
 */

export { AuthModule, PASSPORT } from './auth.module.js';
export type { AuthModuleOptions, AuthOptionsFactory, ChallengeOptions, StreamOptions } from './auth.options.js';
export type {
  AuthenticatedEvent,
  AuthEvent,
  AuthEventOf,
  AuthEventType,
  ErrorEvent,
  LockedEvent,
  RefusedEvent,
} from './events/auth.event.js';
export { type AuthEventListener, AuthEvents } from './events/auth.events.js';
export type { AuthenticatedRequest, AuthInfo } from './guard/authenticated-request.js';
export {
  BrowserPrompt,
  type ClassOrMethodDecorator,
  CurrentAuth,
  CurrentUser,
  OptionalAuth,
  type ParameterPipe,
  Public,
  Realm,
  Roles,
  type RolesDecorator,
  Schemes,
  Scopes,
  type ScopesDecorator,
  SenderConstrained,
  StepUp,
} from './guard/decorators.js';
export { HttpAuthGuard } from './guard/http-auth.guard.js';
export type { Access, AccessReason, Route, RoutePredicate } from './guard/policy.js';
export { ScopeHierarchy, type ScopeOptions } from './guard/scope.hierarchy.js';
export type { ScopesFunction } from './guard/request.scopes.js';
export type { OptionalAuthOptions } from './guard/optional.js';
export type { RequiredRoles } from './guard/roles.js';
export type { RequiredScopes } from './guard/scopes.js';
export type { StepUpOptions } from './guard/step-up.js';
export type { AuthElement, AuthParams } from './http/auth-param.js';
export { type Challenge, formatChallenge, parseChallenges } from './http/challenge.js';
export { type Credentials, formatCredentials, parseCredentials } from './http/credentials.js';
export type { OriginPredicate, Origins } from './http/origin.js';
export type { HttpRequest } from './http/request.js';
export type { Limiter, LimitKey, LimitOptions, TokenLimitOptions } from './limits/limit.options.js';
export type { LimitedClient, LimitStatus, SchemeLimits } from './limits/limit.status.js';
export type { LimitName } from './limits/attempt.js';
export { type PathPolicy, protect } from './door/protect.js';
export type { ResourceOptions } from './resource/resource.options.js';
export { HttpAuthFilter } from './response/http-auth.filter.js';
export { resourceUrl } from './response/resource.url.js';
export type { ChallengeLayout } from './response/challenger.js';
export type { StreamExpiry } from './response/event.stream.js';
export type { Prompt, RealmFunction, RealmOption } from './response/protection.js';
export type { RouteEntry } from './routes/route.entry.js';
export { RouteReport } from './routes/route.report.js';
export { admit, type Admission, type AdmissionInfo } from './schemes/admission.js';
export type {
  CertificateNeed,
  CertificateSource,
  ClientCertificate,
  NoClientCertificate,
} from './schemes/client.certificate.js';
export type { Confirmation } from './schemes/confirmation.js';
export { anyOf, type AnyVerifier } from './schemes/any.of.js';
export { AuthLimits, type SchemeLimitStatus } from './schemes/auth.limits.js';
export type { ApiKeyCredentials } from './schemes/apikey/api.key.credentials.js';
export { apiKey, type ApiKeyOptions } from './schemes/apikey/api.key.scheme.js';
export type { BasicCredentials } from './schemes/basic/basic.credentials.js';
export { basic, type BasicOptions } from './schemes/basic/basic.scheme.js';
export type { BearerCredentials } from './schemes/bearer/bearer.credentials.js';
export { bearer, bearerChallenge, type BearerOptions } from './schemes/bearer/bearer.scheme.js';
export type { ChallengeParamsFunction } from './schemes/bearer/challenge.params.js';
export type { CookieCredentials } from './schemes/cookie/cookie.credentials.js';
export type { CookieOptions } from './schemes/cookie/cookie.options.js';
export { cookie } from './schemes/cookie/cookie.scheme.js';
export { AuthConfigurationError, type AuthConfigurationErrorCode } from './common/configuration.error.js';
export type { Duration } from './common/duration.js';
export { Failure, type FailureDetails, type FailureReason, type FailureStatus } from './schemes/failure.js';
export type { Outcome } from './schemes/outcome.js';
export type { OpenApiFlow, OpenApiFlows } from './schemes/openapi.flows.js';
export { BasicStrategy } from './schemes/passport/basic.strategy.js';
export { BearerStrategy } from './schemes/passport/bearer.strategy.js';
export {
  type AnyStrategy,
  passportStrategy,
  type PassportStrategyOptions,
} from './schemes/passport/passport.strategy.js';
export type { PassportRegistry, Strategy, StrategyActions } from './schemes/passport/strategy.js';
export type {
  OpenApiScheme,
  Opening,
  Scheme,
  SchemeContainer,
  SchemeDefinition,
  SchemeOptions,
} from './schemes/scheme.js';
export { RefusedException } from './schemes/refused.exception.js';
export { VerifierUnavailableException } from './schemes/unavailable.exception.js';
export { VerifierError } from './schemes/verifier.error.js';
export type { VerifierContext } from './schemes/verifier.context.js';
export type { HttpAuthVerifier, Verdict, Verifier, VerifierClass, VerifierFunction } from './schemes/verifier.js';
