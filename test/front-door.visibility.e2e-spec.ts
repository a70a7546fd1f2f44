import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  type NestInterceptor,
  UnauthorizedException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { AuthEvents, AuthModule, basic, protect } from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';

@Controller()
class DocsController {
  @Get('docs') docs() {
    return 'docs';
  }
}

/** What other code sees of a request: what is in the list was called. */
const rows = [
  ['a span of a monitoring tool', true, true],
  ['AuthEvents', true, true],
  ['an exception filter', true, true],
  ['a listener of the server', false, false],
  ['app.use()', false, false],
  ['an interceptor', false, false],
  ["the adapter's response hook", false, true],
  ['the onRequest hook of a plugin', undefined, false],
  ['the onSend hook of a plugin', undefined, true],
  ['the onResponse hook of a plugin', undefined, true],
] as const;

describe.each(adapters)('A refusal of the front door on %s', (name, adapter) => {
  async function seenBy(authorization: object): Promise<{ status: number; seen: string[] }> {
    const seen = new Set<string>();
    @Injectable()
    class Interceptor implements NestInterceptor {
      intercept(_context: unknown, next: { handle(): never }) {
        seen.add('an interceptor');
        return next.handle();
      }
    }
    @Catch(UnauthorizedException)
    class Filter extends BaseExceptionFilter {
      override catch(exception: unknown, host: ArgumentsHost) {
        seen.add('an exception filter');
        super.catch(exception, host);
      }
    }
    const verifier = ({ password }: { password: string }) => (password === 'right' ? { name: 'alice' } : null);
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verifier)] })],
        controllers: [DocsController],
      },
      (nest: INestApplication) => {
        nest.useGlobalInterceptors(new Interceptor());
        nest.useGlobalFilters(new Filter(nest.getHttpAdapter() as never));
        nest.use((_request: unknown, _response: unknown, next: () => void) => (seen.add('app.use()'), next()));
        for (const type of ['refused', 'authenticated'] as const) {
          nest.get(AuthEvents).on(type, () => void seen.add('AuthEvents'));
        }
        type Hook = (request: unknown, response: unknown, done?: () => void) => void;
        const hooked = nest.getHttpAdapter() as unknown as { setOnResponseHook(hook: Hook): void };
        // With Nest 11 on Fastify, the hook itself has to call done().
        hooked.setOnResponseHook((_request, _response, done) => {
          seen.add("the adapter's response hook");
          done?.();
        });
        if (name === 'Fastify') {
          const instance = nest.getHttpAdapter().getInstance() as FastifyInstance;
          for (const hook of ['onRequest', 'onSend', 'onResponse'] as const) {
            instance.addHook(hook as 'onRequest', async () => void seen.add(`the ${hook} hook of a plugin`));
          }
        }
        protect(nest, '/docs');
      },
    );
    (app.getHttpServer() as Server).on('request', () => seen.add('a listener of the server'));
    const { status } = await send(app, '/docs', { headers: authorization as never });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { status, seen: [...seen].toSorted() };
  }

  /** Monitoring tools replace `emit()` of the class, and run everything behind it in the context of a span. */
  async function withSpans<T>(run: (spans: string[]) => Promise<T>): Promise<T> {
    const storage = new AsyncLocalStorage<string>();
    const spans: string[] = [];
    const prototype = Server.prototype as unknown as { emit(event: string, ...args: unknown[]): boolean };
    const { emit } = prototype;
    prototype.emit = function (event, ...args) {
      if (event !== 'request') return emit.call(this, event, ...args);
      const { url = '' } = args[0] as { url?: string };
      spans.push(url);
      return storage.run(url, () => emit.call(this, event, ...args));
    };
    try {
      return await run(spans);
    } finally {
      prototype.emit = emit;
    }
  }

  it('is seen by the code that the guide names', async () => {
    await withSpans(async (spans) => {
      const { status, seen } = await seenBy({});
      expect(status).toBe(401);
      expect(spans).toEqual(['/docs']);
      const expected = rows.filter(([what, express, fastify]) => {
        const isSeen = name === 'Express' ? express : fastify;
        return isSeen === true && what !== 'a span of a monitoring tool';
      });
      expect(seen).toEqual(expected.map(([what]) => what).toSorted());
    });
  });

  it('does not change what an authenticated request is seen by', async () => {
    await withSpans(async (spans) => {
      const { status, seen } = await seenBy(basicAuthorization('alice', 'right'));
      expect(status).toBe(200);
      expect(spans).toEqual(['/docs']);
      const all = rows.filter(([, express]) => name === 'Fastify' || express !== undefined);
      expect(seen).toEqual(
        all
          .map(([what]): string => what)
          .filter((what) => what !== 'a span of a monitoring tool' && what !== 'an exception filter')
          .toSorted(),
      );
    });
  });
});
