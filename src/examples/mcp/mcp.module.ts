import { type DynamicModule, Inject, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { hostCheck } from './host.check.js';
import { McpController } from './mcp.controller.js';
import { Reports } from './reports.js';

/** The URL of the server, and the issuer whose tokens it accepts. */
export interface McpOptions {
  /** The URL that clients are given, e.g. `https://api.example.com/mcp`. */
  readonly url: string;
  /** The authorization server. */
  readonly issuer: string;
  /**
   * The host names of the web pages whose scripts may use the server.
   *
   * @default the host name of `url`
   */
  readonly origins?: readonly string[];
}

const OPTIONS = Symbol('mcp-options');

/** An MCP server. Its URL is all that a client needs to know. */
@Module({})
export class McpModule implements NestModule {
  static forRoot(options: McpOptions): DynamicModule {
    const { url, issuer } = options;
    return {
      module: McpModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          // MCP forbids tokens that were issued for another server, so the audience is the server's own URL.
          schemes: [bearer(jwt({ issuer, audience: url }))],
          scopes: { implies: { 'reports:write': ['reports:read'] } },
          resource: {
            url,
            authorizationServers: [issuer],
            name: 'Reports',
            // The scopes of the tools, which do not appear on any route. They do not include offline_access, because a client
            // decides itself if it needs a refresh token.
            scopes: ['reports:read', 'reports:write', 'reports:publish'],
          },
        }),
      ],
      controllers: [McpController],
      providers: [Reports, { provide: OPTIONS, useValue: options }],
    };
  }

  constructor(@Inject(OPTIONS) private readonly options: McpOptions) {}

  /** Adds a middleware, because a request from an unknown page is rejected before its token is checked. */
  configure(consumer: MiddlewareConsumer): void {
    const { hostname } = new URL(this.options.url);
    consumer.apply(hostCheck(hostname, this.options.origins ?? [hostname])).forRoutes(McpController);
  }
}
