import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  Post,
  Req,
} from '@nestjs/common';
import type { Response } from 'express';
import { auth, type AuthResult, requiredScopes, UnauthorizedError } from 'express-oauth2-jwt-bearer';

@Controller()
export class ReportsController {
  @Get('me')
  me(@Req() request: { auth: AuthResult }) {
    return { sub: request.auth.payload.sub };
  }

  @Post('reports')
  add() {
    return { added: true };
  }
}

@Module({ controllers: [ReportsController] })
export class AppModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(requiredScopes('reports:write')).forRoutes('reports');
  }
}

/** Without it, Nest 12 responds with 500 to the errors of the middleware. */
@Catch(UnauthorizedError)
export class UnauthorizedFilter implements ExceptionFilter {
  catch({ status, statusCode, headers, message }: UnauthorizedError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(status).set(headers).json({ statusCode, message });
  }
}

export function configure(app: INestApplication, issuer: string): void {
  app.useGlobalFilters(new UnauthorizedFilter());
  app.use(auth({ issuerBaseURL: issuer, audience: 'https://api.example' }));
}
