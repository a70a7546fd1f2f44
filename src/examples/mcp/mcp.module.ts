import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { McpController } from './mcp.controller.js';
import { Reports } from './reports.js';

/** The URL of the server, and the issuer whose tokens it accepts. */
export interface McpOptions {
  /** The URL that clients are given, e.g. `https://api.example.com/mcp`. */
  readonly url: string;
  /** The authorization server. */
  readonly issuer: string;
}

/** An MCP server. Its URL is all that a client needs to know. */
@Module({})
export class McpModule {
  static forRoot({ url, issuer }: McpOptions): DynamicModule {
    return {
      module: McpModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          // MCP forbids tokens that were issued for another server, so the audience is the server's own URL.
          schemes: [bearer(jwt({ issuer, audience: url }))],
          resource: {
            url,
            authorizationServers: [issuer],
            name: 'Reports',
            // The scopes of the tools, which do not appear on any route.
            scopes: ['reports:read', 'reports:write'],
          },
        }),
      ],
      controllers: [McpController],
      providers: [Reports],
    };
  }
}
