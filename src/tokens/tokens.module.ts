import { Module } from '@nestjs/common';
import { TokenVerifier } from './token.verifier.js';
import { TokensService } from './tokens.service.js';

/** Provides the verifier of the Bearer scheme, as `UsersModule` provides the verifier of the Basic scheme. */
@Module({ providers: [TokensService, TokenVerifier] })
export class TokensModule {}
