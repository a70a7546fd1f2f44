import { Controller, Get, Module } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, OptionalAuth, Public, Schemes } from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { RpcAuthModule } from 'nestjs-http-auth/rpc';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
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

@WebSocketGateway({ path: '/chat' })
class ChatGateway {
  @Public() @SubscribeMessage('hello') hello() {}
}

@Resolver()
class BooksResolver {
  @Public() @Query(() => String) title() {}
}

@Controller()
class BooksController {
  @MessagePattern('book') book() {}
}

/** An application with other transports. */
@Module({
  imports: [AuthModule.forRoot(options), WebSocketAuthModule.forRoot(), GraphQLAuthModule, RpcAuthModule],
  providers: [ChatGateway, BooksResolver],
  controllers: [BooksController],
})
export class TransportsModule {}
