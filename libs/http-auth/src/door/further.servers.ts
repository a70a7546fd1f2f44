import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';

/** Node publishes every server here when it starts to listen, before it accepts a connection. */
const CHANNEL = 'tracing:net.server.listen:asyncStart';

/**
 * Calls a function for each server that starts to listen and has the listener of the application. Fastify creates a second server
 * for `localhost`, and an application may create servers for the same instance.
 *
 * @param listens returns `true` for the listener of the application
 * @returns a function that ends the calls
 */
export function onFurtherServer(listens: (listener: unknown) => boolean, call: (server: Server) => void): () => void {
  const onListen = (message: unknown): void => {
    const { server } = message as { readonly server: Server };
    if (server.listeners('request').some(listens)) call(server);
  };
  subscribe(CHANNEL, onListen);
  return () => void unsubscribe(CHANNEL, onListen);
}
