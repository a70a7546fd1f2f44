import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { McpController } from './mcp.controller.js';
import { Reports } from './reports.js';

/** Where the server is, and whose tokens it takes. */
export interface McpOptions {
  /** The URL that clients are given, e.g. `https://api.example.com/mcp`. */
  readonly url: string;
  /** The authorization server. */
  readonly issuer: string;
}

/** An MCP server that clients need to be told nothing about but its URL. */
@Module({})
export class McpModule {
  static forRoot({ url, issuer }: McpOptions): DynamicModule {
    return {
      module: McpModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          // MCP has a server take no token that was issued for another one: the audience is its own URL.
          schemes: [bearer(jwt({ issuer, audience: url }))],
          resource: {
            url,
            authorizationServers: [issuer],
            name: 'Reports',
            // Those of the tools no route knows of.
            scopes: ['reports:read', 'reports:write'],
          },
        }),
      ],
      controllers: [McpController],
      providers: [Reports],
    };
  }
}
