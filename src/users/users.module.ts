import { Module } from '@nestjs/common';
import { PasswordVerifier } from './password.verifier.js';
import { UsersService } from './users.service.js';

/** `AuthModule` finds the verifier in every module, so this one does not export it. */
@Module({ providers: [UsersService, PasswordVerifier] })
export class UsersModule {}
