import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type DynamicModule,
  Module,
} from '@nestjs/common';
import { BackChannelLogout, LOGOUT_OPTIONS } from './back.channel.logout.js';
import { controllerAt } from './back.channel.logout.controller.js';
import { type BackChannelLogoutOptions, checkedOptions, checkedPath } from './logout.options.js';
import { StartupCheck } from './startup.check.js';

/** The path of the endpoint. It is not one of the options, because `forRootAsync()` needs it before they are known. */
export interface BackChannelLogoutPath {
  /**
   * The path of the endpoint. A global prefix of the application applies.
   *
   * @default 'backchannel-logout'
   */
  readonly path?: string;
}

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<BackChannelLogoutOptions>({
  optionsInjectionToken: LOGOUT_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<BackChannelLogoutPath>({ path: 'backchannel-logout' }, (definition, { path }) => ({
    ...definition,
    controllers: [controllerAt(checkedPath(path))],
  }))
  .build();

/**
 * An endpoint that the issuer calls when a user logs out (OpenID Connect Back-Channel Logout 1.0). The access tokens of the session, or
 * of the user, are refused from then on. Register its URL at the issuer as `backchannel_logout_uri` of the client.
 *
 * @example
 * const verifier = jwt({ issuer, audience, revocation: { maxTokenAge: '1h' } });
 *
 * @Module({
 *   imports: [
 *     AuthModule.forRoot({ realm, schemes: [bearer(verifier)] }),
 *     BackChannelLogoutModule.forRoot({ verifier, clientId: 'web' }),
 *   ],
 * })
 * export class AppModule {}
 */
@Module({ providers: [BackChannelLogout, StartupCheck] })
export class BackChannelLogoutModule extends ConfigurableModuleClass {
  /**
   * Adds the endpoint.
   *
   * @throws AuthConfigurationError `ERR_AUTH_LOGOUT_OPTION` if an option is invalid
   */
  static override forRoot(options: BackChannelLogoutOptions & BackChannelLogoutPath): DynamicModule {
    const { path: _, ...others } = options;
    checkedOptions(others);
    return super.forRoot(options);
  }

  /** Adds the endpoint with options that need providers, e.g. `WebSocketAuth`. They are checked at startup. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<BackChannelLogoutOptions> & BackChannelLogoutPath,
  ): DynamicModule {
    return super.forRootAsync(options);
  }
}
