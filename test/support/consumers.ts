import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix, relative, win32 } from 'node:path';
import { pathToFileURL } from 'node:url';
import url from 'node:url';
import fastifyStatic from '@fastify/static';
import { All, Controller, type INestApplication, Module, Param, Req, type Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express, { type Express, type Request, type Router } from 'express';
import fastify, { type FastifyInstance } from 'fastify';

/** A file of each place; see `placesOf()`. */
export const files = [
  '/home.txt',
  '/health',
  '/payroll.csv',
  '/open/a.txt',
  '/open/health',
  '/open/inner/b.txt',
  '/open/inner/lax/c.txt',
  '/secret/d.txt',
  '/Docs/e.txt',
  '/café/f.txt',
  '/my docs/g.txt',
  '/.well-known/acme-challenge/token',
];

/** The folders of the files, without `/`. */
export const folders = ['/open/inner/lax', '/open/inner', '/open', '/secret', '/Docs', '/café', '/my docs'];

/**
 * Something that reads a request target: the real code of a server, a router or a library, without a socket.
 *
 * It returns the places that the target leads to: paths as a user of `protect()` writes them. The list is empty if it serves
 * nothing. It throws if it rejects the target.
 */
export interface Consumer {
  readonly name: string;
  /** The part of the targets that it gets: 1 is all, 10 is every tenth. */
  readonly every: number;
  read(target: string): readonly string[] | Promise<readonly string[]>;
}

/** A request that collects the places that it leads to. */
type Collecting = IncomingMessage & { places?: string[] };

type Listener = (request: Collecting, response: ServerResponse) => unknown;

/** Calls a listener of Node's server. The promise resolves when the response ends, or when the listener passes it on. */
function ask(
  listener: (...parts: [...Parameters<Listener>, () => void]) => unknown,
  target: string,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const request = new IncomingMessage({ remoteAddress: '127.0.0.1', encrypted: false } as never) as Collecting;
    Object.assign(request, { method: 'GET', url: target, httpVersion: '1.1' });
    request.headers = { host: 'localhost' };
    request.rawHeaders = ['host', 'localhost'];
    request.push(null);
    const response = new ServerResponse(request);
    const done = (): void => resolve(request.places ?? []);
    response.end = () => (done(), response);
    Promise.resolve(listener(request, response, done)).catch(reject);
  });
}

/** Writes the files into a new folder. */
function writeFiles(): string {
  const root = mkdtempSync(join(tmpdir(), 'door-'));
  for (const file of files) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  return root;
}

/** Reads what has one spelling in a URL, as `protect()` does: a space and characters above 7F. */
function plain(path: string): string {
  return path.replace(/(?:%20|(?:%[89a-f][0-9a-f])+)/gi, decodeURIComponent);
}

const pathOf = (target: string): string => target.replace(/\?.*$/s, '');
const encoded = (path: string): string => encodeURI(path);
const resolve = (path: string): string => posix.resolve('/', `./${path}`);

/** Mounted and nested routers, and a last handler for all other paths. */
function expressRouters(options: { caseSensitive?: boolean; strict?: boolean }): Express {
  const app = express();
  app.enable('case sensitive routing');
  if (!options.caseSensitive) app.disable('case sensitive routing');
  const collect =
    (mount: string) =>
    (request: Request, _response: unknown, next: () => void): void => {
      (request as Collecting).places = [plain(mount + request.path)];
      next();
    };
  const end = (request: Request & Collecting, response: ServerResponse): unknown => response.end(request.places);
  const router = (mount: string, ...inner: [path: string, router: Router][]): Router => {
    const made = express.Router(options);
    for (const [path, one] of inner) made.use(path, one);
    return made.use(collect(mount), end);
  };
  const lax = router('/open/inner/lax');
  app.use('/open', router('/open', ['/inner', router('/open/inner', ['/lax', lax])]));
  for (const mount of ['/secret', '/Docs', '/café', '/my docs']) app.use(encoded(mount), router(mount));
  app.use((request: Request & Collecting, response: ServerResponse) => {
    request.places = [plain(request.path)];
    response.end();
  });
  return app;
}

/** Routes with parameters, which Express decodes; the application uses them as the path of a file. */
function expressParameters(): Express {
  const app = express();
  const read =
    (mount: string) =>
    ({ params }: Request): string =>
      posix.join(mount, ...Object.values(params).flat());
  for (const mount of ['/open/inner', '/open', '']) {
    const place = read(mount || '/');
    for (const path of [`${mount}/:name`, `${mount}/*names`]) {
      app.all(path, (request: Request & Collecting, _response, next) => {
        (request.places ??= []).push(place(request));
        next();
      });
    }
  }
  return app;
}

function expressStatic(root: string): Express {
  const app = express();
  const setHeaders = (response: ServerResponse, file: string): void => {
    (response.req as Collecting).places = [`/${relative(root, file)}`];
    response.end();
  };
  return app.use(express.static(root, { setHeaders, dotfiles: 'allow', redirect: false }));
}

/** A wildcard route for each folder, on Fastify's router. `~` is something unknown at the root. */
function addRoutes(instance: FastifyInstance): void {
  for (const folder of folders) {
    instance.all(folder, ({ raw }, reply) => (((raw as Collecting).places = [folder]), reply.send('')));
    instance.all(`${folder}/*`, ({ raw, params }, reply) => {
      (raw as Collecting).places = [`${folder}/~`, posix.join(folder, (params as { '*': string })['*'])];
      return reply.send('');
    });
  }
  for (const file of files) {
    instance.all(file, ({ raw }, reply) => (((raw as Collecting).places = [file]), reply.send('')));
  }
  instance.all('/*', ({ raw, params }, reply) => {
    const path = posix.join('/', (params as { '*': string })['*']);
    (raw as Collecting).places = path.startsWith('/.well-known') ? [path] : ['/~', path];
    return reply.send('');
  });
}

async function fastifyRoutes(routerOptions: object): Promise<FastifyInstance> {
  const instance = fastify({ routerOptions });
  addRoutes(instance);
  await instance.ready();
  return instance;
}

async function fastifyFiles(root: string): Promise<FastifyInstance> {
  const instance = fastify();
  const setHeaders = (response: { raw?: ServerResponse } & object, file: string): void => {
    const raw = (response.raw ?? response) as ServerResponse;
    (raw.req as Collecting).places = [`/${relative(root, file)}`];
  };
  await instance.register(fastifyStatic, { root, setHeaders } as never);
  await instance.ready();
  return instance;
}

/** Controllers with the folders as their prefixes, and one for the rest. */
function nestModule(): Type {
  const controllers = [...folders, ''].map((folder) => {
    @Controller(encoded(folder))
    class FolderController {
      @All() root(@Req() request: Collecting & { raw?: Collecting }) {
        (request.raw ?? request).places = [folder || '/'];
      }
      @All(':name') name(@Req() request: Collecting & { raw?: Collecting }, @Param('name') name: string) {
        (request.raw ?? request).places = [posix.join(folder || '/', name)];
      }
    }
    return FolderController;
  });
  @Module({ controllers })
  class FoldersModule {}
  return FoldersModule;
}

async function nest(adapter: AbstractHttpAdapter): Promise<INestApplication> {
  const app = await NestFactory.create(nestModule(), adapter, { logger: false });
  await app.init();
  const instance = app.getHttpAdapter().getInstance() as { ready?: () => Promise<unknown> };
  await instance.ready?.();
  return app;
}

type HonoContext = { req: { path: string; param(name: string): string | undefined }; env: { incoming: Collecting } };

/** Hono on its Node server, with nested applications. Both come with the SDK of MCP. */
async function hono(): Promise<Listener> {
  const sdk = createRequire(createRequire(import.meta.url).resolve('@modelcontextprotocol/node'));
  const load = async (name: string): Promise<Record<string, never>> =>
    (await import(pathToFileURL(sdk.resolve(name)).href)) as Record<string, never>;
  const { Hono } = (await load('hono')) as unknown as { Hono: new () => HonoApplication };
  const { getRequestListener } = (await load('@hono/node-server')) as unknown as {
    getRequestListener(fetch: unknown): Listener;
  };
  interface HonoApplication {
    all(path: string, handler: (context: HonoContext) => Response): HonoApplication;
    route(path: string, application: HonoApplication): HonoApplication;
    readonly fetch: unknown;
  }
  const inside = (folder: string): HonoApplication =>
    new Hono().all('/*', ({ req, env }) => {
      env.incoming.places = [folder + req.path.slice(folder.length)];
      return new Response('');
    });
  const app = new Hono();
  for (const folder of folders) app.route(folder, inside(folder));
  app.all('/:name', ({ req, env }) => {
    env.incoming.places = [req.path, posix.join('/', req.param('name') ?? '')];
    return new Response('');
  });
  return getRequestListener(app.route('/', inside('')).fetch);
}

/** Decodes some times. */
const decode = (path: string, times: number): string =>
  times === 0 ? path : decode(path.includes('%') ? decodeURIComponent(path) : path, times - 1);

const parsers: [name: string, parse: (target: string) => string][] = [
  ['new URL()', (target) => new URL(target, 'http://localhost').pathname],
  ['url.parse()', (target) => url.parse(target).pathname ?? ''],
  ['a split at ?', (target) => pathOf(target)],
];

/** The ways in which an application uses the path of a parser. */
const uses: ((path: string) => string)[] = [
  plain,
  (path) => plain(path.replace(/%(?:2D|5F|7E|3\d|[46][1-9A-F]|[57][\dA])/gi, decodeURIComponent)),
  (path) => resolve(decode(path, 1)),
  (path) => resolve(decode(path, 2)),
  (path) => resolve(decode(path, 3)),
  (path) => resolve(decode(path.replace(/;[^/]*/g, ''), 1)),
  (path) => resolve(decode(path, 1).replace(/;[^/]*/g, '')),
  (path) => decode(path, 1).replace(/;.*$/s, ''),
  (path) => plain(new URL(decode(path, 1), 'http://localhost').pathname),
  onWindows,
  onMac,
];

/** The file of Windows: both slashes separate, case does not matter, nor do dots and spaces at the end. */
function onWindows(path: string): string {
  const segments = win32
    .resolve('C:\\', `.\\${decode(path, 1)}`)
    .slice(3)
    .split('\\');
  return asStored(`/${segments.map((segment) => segment.replace(/[. ]+$/, '').toLowerCase()).join('/')}`, (name) =>
    name.toLowerCase(),
  );
}

/** The file of macOS: case and the form of Unicode do not matter, nor do characters that are not visible. */
function onMac(target: string): string {
  const same = (text: string): string =>
    text
      .normalize('NFD')
      .replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
      .toLowerCase();
  return asStored(same(resolve(decode(target, 1))), same);
}

function asStored(path: string, spell: (text: string) => string): string {
  return files.find((file) => spell(file) === path) ?? '';
}

/** Starts all consumers, without a server. */
export async function startConsumers(): Promise<{ consumers: Consumer[]; close: () => Promise<unknown> }> {
  const root = writeFiles();
  const instances = await Promise.all([
    fastifyFiles(root),
    fastifyRoutes({}),
    fastifyRoutes(tolerant),
    fastifyRoutes({ ...tolerant, useSemicolonDelimiter: true }),
  ]);
  const nests = await Promise.all([nest(new ExpressAdapter()), nest(new FastifyAdapter())]);
  const [staticFiles, plainRoutes, tolerantRoutes, semicolonRoutes] = instances.map(routing) as [
    Listener,
    Listener,
    Listener,
    Listener,
  ];
  const [onExpress, onFastify] = nests.map((app) => app.getHttpAdapter().getInstance()) as [Express, FastifyInstance];
  const listeners: [name: string, every: number, listener: Listener][] = [
    ['serve-static', 32, expressStatic(root)],
    ['Express routers', 8, expressRouters({})],
    ['Express routers, strict and case-sensitive', 8, expressRouters({ caseSensitive: true, strict: true })],
    ['Express parameters', 8, expressParameters()],
    ['@fastify/static', 32, staticFiles],
    ['Fastify', 4, plainRoutes],
    ['Fastify, tolerant', 4, tolerantRoutes],
    ['Fastify, tolerant, cut at ;', 4, semicolonRoutes],
    ['Nest on Express', 32, onExpress],
    ['Nest on Fastify', 16, routing(onFastify)],
    ['Hono', 16, await hono()],
  ];
  const pure = parsers.map(([parser, parse]): Consumer => ({
    name: parser,
    every: 1,
    read: (target) => used(parse(target)),
  }));
  const served = listeners.map(([name, every, listener]): Consumer => ({
    name,
    every,
    read: (target) => ask(listener, target),
  }));
  return {
    consumers: [...served, ...pure],
    close: async () => {
      await Promise.all([...instances, ...nests].map((one) => one.close()));
      rmSync(root, { recursive: true });
    },
  };
}

/** The places of everything that an application may do with a path. */
function used(path: string): string[] {
  return uses.flatMap((use) => {
    try {
      return use(path) || [];
    } catch {
      return [];
    }
  });
}

const tolerant = { caseSensitive: false, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true };

function routing(instance: FastifyInstance): Listener {
  return (instance as unknown as { routing: Listener }).routing;
}
