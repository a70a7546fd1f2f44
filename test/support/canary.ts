import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { type ArgumentsHost, Catch, type INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, BaseExceptionFilter } from '@nestjs/core';
import { type AuthEvent, AuthEvents, type HttpRequest } from 'nestjs-http-auth';
import type { Answer } from './client.js';
import { RecordingLogger } from './logger.js';

/** A secret that must not leak. It is found as it is, in hexadecimal, and in base64 at any offset. */
export class Canary {
  private readonly forms: string[];

  /** @param core letters and digits, because JSON and URIs do not escape them; its base64 must not contain `+` or `/` */
  constructor(core: string) {
    const octets = Buffer.from(core);
    const base64 = [0, 1, 2].map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), octets])
        .toString('base64')
        .replace(/=+$/, '');
      // The first and the last characters depend on the bytes around the secret.
      return text.slice(Math.ceil((before * 8) / 6), (octets.length + before) % 3 === 0 ? undefined : -1);
    });
    this.forms = [core, octets.toString('hex'), ...base64];
  }

  isIn(text: string): boolean {
    return this.forms.some((form) => text.includes(form));
  }

  /**
   * Returns the places of a value that contain the secret: in all objects that can be reached from it, including
   * collections.
   */
  placesIn(value: unknown, mayHave: (path: string) => boolean = () => false): string[] {
    const places: string[] = [];
    const seen = new Set<unknown>();
    // Breadth first, so that each object has its shortest path.
    const queue: [path: string, one: unknown][] = [['', value]];
    for (const [path, one] of queue) {
      if (mayHave(path)) continue;
      if (typeof one === 'string' && this.isIn(one)) places.push(path);
      if (typeof one === 'symbol' && this.isIn(one.toString())) places.push(path);
      if (typeof one !== 'object' || one === null || seen.has(one)) continue;
      seen.add(one);
      if (one instanceof Uint8Array) {
        if (this.isIn(Buffer.from(one).toString('latin1'))) places.push(path);
        continue;
      }
      if (one instanceof Map || one instanceof Set) {
        for (const [index, entry] of [...one.entries()].entries()) queue.push([`${path}.entries[${index}]`, entry]);
      }
      for (const key of Reflect.ownKeys(one)) {
        queue.push([`${path}.key`, key], [`${path}.${String(key)}`, read(one, key)]);
      }
    }
    return places;
  }
}

function read(object: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(object, key) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Places that contain the credentials because the client sent them: the framework's copies of the fields, and the parsed
 * body.
 */
const SENT = [
  /(headers|Headers|headersDistinct|Symbol\(kHeaders\w*\)|Symbol\(fastify\.RequestHeaders\))\.(proxy-)?authorization$/,
  /\.rawHeaders$/,
  /\.body\.access_token$/,
];

/** Properties that lead to objects of other requests. Node keeps all timers of the same length in one list. */
const BEYOND = /\.(socket|client|connection|app|server|_idleNext|_idlePrev)$/;

/** Records every place to which an application may leak credentials: log, output, events, errors and requests. */
export class Witness {
  readonly log = new RecordingLogger();
  readonly events: AuthEvent[] = [];
  readonly errors: unknown[] = [];
  readonly requests: unknown[] = [];
  private readonly printed: string[] = [];

  constructor() {
    const keep = (...texts: unknown[]) => {
      this.printed.push(
        texts.map((text) => (typeof text === 'string' ? text : inspect(text, { depth: 20 }))).join(' '),
      );
      return true;
    };
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation(keep);
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) {
      jest.spyOn(console, method).mockImplementation(keep);
    }
  }

  /** Receives the log of a framework that has its own logger. */
  readonly stream = { write: (line: string) => void this.printed.push(line) };

  /** Watches an application that does not listen yet. */
  watch(app: INestApplication): void {
    const { events } = this;
    for (const type of ['authenticated', 'refused', 'locked', 'error'] as const) {
      app.get(AuthEvents).on(type, (event: AuthEvent) => void events.push(event));
    }
    app.getHttpServer().prependListener('request', (request: HttpRequest, response: ServerResponse) => {
      this.requests.push(request, response);
    });
    const adapter: AbstractHttpAdapter = app.getHttpAdapter() as never;
    if (adapter.getType() === 'fastify') {
      const instance: { addHook(name: string, hook: (...args: unknown[]) => Promise<void>): void } =
        adapter.getInstance();
      instance.addHook('onRequest', async (request, reply) => void this.requests.push(request, reply));
    }
  }

  /** A filter of the application, which receives every error. */
  filter(app: INestApplication): BaseExceptionFilter {
    const { errors } = this;

    @Catch()
    class Everything extends BaseExceptionFilter {
      override catch(exception: unknown, host: ArgumentsHost) {
        errors.push(exception);
        super.catch(exception, host);
      }
    }
    return new Everything(app.getHttpAdapter());
  }

  /** Returns the places that contain a canary, but must not. */
  leaks(canary: Canary, { headers, body }: Answer): string[] {
    const seen = { log: this.log.text(), printed: this.printed, events: this.events, errors: this.errors };
    return [
      ...canary.placesIn({ ...seen, response: { headers, body } }),
      ...this.requests.flatMap((request) =>
        canary.placesIn(request, (path) => [...SENT, BEYOND].some((place) => place.test(path))),
      ),
    ];
  }
}
