import { Module } from '@nestjs/common';
import { TokenVerifier } from './token.verifier.js';
import { TokensService } from './tokens.service.js';

/** Provides the verifier of the Bearer scheme, as `UsersModule` does that of Basic. */
@Module({ providers: [TokensService, TokenVerifier] })
export class TokensModule {}
