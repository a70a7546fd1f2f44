import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { EventSource } from 'eventsource';
import { Observable } from 'rxjs';
import { Agent, fetch } from 'undici';
import type { MessageEvent } from '@nestjs/common';

/** A source of events that counts its subscribers. Each gets one event immediately, and others with `send()`. */
export class Source {
  subscribers = 0;
  private readonly sinks = new Set<(data: string) => void>();

  events(first: unknown): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      const sink = (data: string): void => subscriber.next({ data, retry: 50 });
      this.subscribers++;
      this.sinks.add(sink);
      sink(JSON.stringify(first ?? null));
      return () => {
        this.subscribers--;
        this.sinks.delete(sink);
      };
    });
  }

  send(data: string): void {
    for (const sink of this.sinks) sink(data);
  }
}

/** Returns the URL of a path of an application. */
export function urlOf(app: INestApplication, path: string, protocol = 'http'): string {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `${protocol}://127.0.0.1:${port}${path}`;
}

/** Closes each connection after its response, so that the application can close. */
const dispatcher = new Agent({ pipelining: 0 });

/** An `EventSource` with the events that it has received, and the status of each error. A lost connection has no status. */
export class Listener {
  readonly events: unknown[] = [];
  readonly errors: (number | undefined)[] = [];
  private readonly source: EventSource;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.source = new EventSource(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers }, dispatcher }),
    });
    this.source.addEventListener('message', ({ data }) => this.events.push(JSON.parse(data as string)));
    this.source.addEventListener('error', ({ code }) => this.errors.push(code));
    listeners.push(this);
  }

  /** `true` if the client has given up. */
  get isClosed(): boolean {
    return this.source.readyState === EventSource.CLOSED;
  }

  async next(type: 'message' | 'error'): Promise<void> {
    await once(this.source as unknown as EventTarget, type);
  }

  close(): void {
    this.source.close();
  }
}

const listeners: Listener[] = [];

/** Closes all clients. */
export function closeListeners(): void {
  for (const listener of listeners.splice(0)) listener.close();
}

/** Waits until a condition is true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
