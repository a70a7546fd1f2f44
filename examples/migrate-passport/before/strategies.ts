import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { BasicStrategy as Basic } from 'passport-http';
import { ExtractJwt, Strategy as Jwt } from 'passport-jwt';
import { Strategy as Local } from 'passport-local';
import { secret } from '../secret.js';
import { UsersService } from '../users.service.js';

@Injectable()
export class LocalStrategy extends PassportStrategy(Local) {
  constructor(private readonly users: UsersService) {
    super();
  }

  validate(username: string, password: string) {
    return this.users.validate(username, password);
  }
}

@Injectable()
export class BasicStrategy extends PassportStrategy(Basic) {
  constructor(private readonly users: UsersService) {
    super();
  }

  validate(username: string, password: string) {
    return this.users.validate(username, password);
  }
}

@Injectable()
export class JwtStrategy extends PassportStrategy(Jwt) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret });
  }

  validate({ sub }: { sub: string }) {
    return { name: sub };
  }
}
