import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { jwt, type JwtIssuer } from 'nestjs-http-auth/jwt';
import { BooksResolver } from './books.resolver.js';

@Module({})
export class AppModule {
  static forIssuer(issuer: JwtIssuer): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({ realm: 'Library', schemes: [bearer(jwt(issuer))] }),
        GraphQLAuthModule,
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
      ],
      providers: [BooksResolver],
    };
  }
}
