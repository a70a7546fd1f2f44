import { Module } from '@nestjs/common';
import { PasswordVerifier } from './password.verifier.js';
import { UsersService } from './users.service.js';

/** `AuthModule` finds the verifier wherever it is provided: there is nothing to export. */
@Module({ providers: [UsersService, PasswordVerifier] })
export class UsersModule {}
