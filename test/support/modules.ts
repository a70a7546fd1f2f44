import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, OptionalAuth, Public, Schemes } from 'nestjs-http-auth';
import { options } from './schemes.js';

@Controller()
class RoutesController {
  @Public() @Get('health') health() {}
  @OptionalAuth() @Get('greeting') greeting() {}
  @Get('me') me() {}
}

/** The root module of a valid application. */
@Module({ imports: [AuthModule.forRoot(options)], controllers: [RoutesController] })
export class AppModule {}

/** Creates the same application, as a main file does. */
export async function create() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false, abortOnError: false });
  return app.setGlobalPrefix('api');
}

@Controller()
class WrongController {
  @Schemes('digest') @Get() wrong() {}
}

/** An application with an invalid decorator. */
@Module({ imports: [AuthModule.forRoot(options)], controllers: [WrongController] })
export class WrongModule {}

/** An application that cannot be created. */
@Module({ imports: [AuthModule.forRoot({ ...options, realm: '' })] })
export class BrokenModule {}

/** An application without AuthModule. */
@Module({})
export class OtherModule {}
