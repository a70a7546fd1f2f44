import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';

/** A layer of Express's router. `enableCors()` adds one with this name. */
interface Layer {
  readonly name: string;
  readonly handle: Middleware;
  /** If `true`, the layer is for all paths. */
  readonly slash?: boolean;
}

type Middleware = (request: unknown, response: unknown, next: () => void) => void;

/** Fastify's adapter keeps the hook of `enableCors()`. */
interface FastifyAdapter {
  readonly corsHook?: Middleware;
  copyCorsHeadersToRaw?(reply: unknown): void;
}

/**
 * Lets the CORS middleware of the application see a refused request, because a page of another origin can read a 401 only with
 * the fields of CORS. The middleware answers a preflight itself.
 *
 * @param request the request of the framework
 * @param reply the reply of Fastify, or the response of Express
 */
export async function applyCors(
  adapter: HttpServer,
  request: unknown,
  reply: object,
  response: ServerResponse,
): Promise<void> {
  const cors = corsOf(adapter);
  if (cors === undefined || response.headersSent) return;
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    cors(request, reply, resolve);
    if (response.writableEnded) resolve();
  });
  (adapter as FastifyAdapter).copyCorsHeadersToRaw?.(reply);
}

function corsOf(adapter: HttpServer): Middleware | undefined {
  if (adapter.getType() === 'fastify') return (adapter as FastifyAdapter).corsHook;
  if (adapter.getType() !== 'express') return undefined;
  const { stack } = (adapter.getInstance() as { readonly router: { readonly stack: readonly Layer[] } }).router;
  return stack.find(({ name, slash }) => name === 'corsMiddleware' && slash !== false)?.handle;
}
