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

/** An application as a built file exports it. */
@Module({ imports: [AuthModule.forRoot(options)], controllers: [RoutesController] })
export class AppModule {}

/** The same, as its main file makes it. */
export async function create() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false, abortOnError: false });
  return app.setGlobalPrefix('api');
}

@Controller()
class WrongController {
  @Schemes('digest') @Get() wrong() {}
}

/** One with a mistake. */
@Module({ imports: [AuthModule.forRoot(options)], controllers: [WrongController] })
export class WrongModule {}

/** One that cannot be created. */
@Module({ imports: [AuthModule.forRoot({ ...options, realm: '' })] })
export class BrokenModule {}

/** One without AuthModule. */
@Module({})
export class OtherModule {}
