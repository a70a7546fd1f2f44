import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { checkPreset } from './preset.js';

/** Options of `google()`. */
export interface GoogleOptions {
  /** The audience that the sender sets, e.g. the URL of this service, or the client ID of Google sign-in. */
  readonly audience: string | readonly string[];
  /**
   * The addresses of the accounts that are accepted, e.g. of the service account of a Pub/Sub subscription. `null` accepts every
   * Google account. Any account can get an ID token for any audience, so `principal` must then check `sub`.
   */
  readonly emails: string | readonly string[] | null;
}

const NAMES: OptionNames<GoogleOptions> = { audience: true, emails: true };

/**
 * Returns Google as the issuer of ID tokens that its services send as bearer tokens: Pub/Sub push, Cloud Tasks, Cloud Scheduler, and
 * services that call other services. The access tokens of Google are opaque, and not for your application.
 *
 * Cloud Run and Cloud Functions check the token themselves if they require authentication, and then remove its signature. Use
 * this preset if they allow unauthenticated calls, or if the application runs elsewhere.
 *
 * Sources: Google, "Authentication for push subscriptions" (Pub/Sub); "Using OAuth 2.0 to Access Google APIs", "OpenID Connect", "An
 * ID token's payload"; "Authenticating service-to-service" (Cloud Run).
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(google({ audience: 'https://api.example/push', emails: 'push@project.iam.gserviceaccount.com' }))
 */
export function google(options: GoogleOptions): JwtIssuer {
  checkPreset('google', options, NAMES, problem);
  const { audience, emails } = options;
  return {
    issuer: 'https://accounts.google.com',
    audience,
    profile: 'id_token',
    ...(emails !== null && { require: { email: emails, email_verified: true } }),
  };
}

function problem({ emails }: GoogleOptions): string | undefined {
  const list: unknown[] = [emails].flat();
  const valid =
    emails === null || (list.length > 0 && list.every((one) => typeof one === 'string' && one.includes('@')));
  return valid ? undefined : 'emails must list the accounts that are accepted; null accepts every Google account';
}
