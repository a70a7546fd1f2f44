import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** The options of `NestFactory.create()` that matter here. */
interface CreateOptions {
  readonly cors?: unknown;
}

type Create = (this: unknown, root: unknown, ...rest: readonly unknown[]) => Promise<INestApplication>;

/** The time in which a main file must call `listen()`. */
const PATIENCE = 30_000;

/**
 * Watches how a file creates the application. Nest then neither logs nor ends the process, the application does not listen, and
 * its options of CORS are noted.
 */
export class Startup {
  /** If `true`, the file has called `NestFactory.create()`. */
  hasBegun = false;
  /** The options of CORS; `false` if CORS is not enabled. */
  cors: unknown = false;
  /** Rejects if the application cannot be created. */
  readonly failed: Promise<never>;
  /** Resolves when a main file calls `listen()`. */
  readonly listening: Promise<INestApplication>;
  private listen!: (app: INestApplication) => void;
  private fail!: (error: unknown) => void;

  private constructor() {
    this.listening = new Promise((resolve) => {
      this.listen = resolve;
    });
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    // The promise may reject before a caller waits for it.
    this.failed.catch(() => undefined);
  }

  /** Calls a function, and watches until its promise is settled. */
  static async watch<T>(load: (startup: Startup) => Promise<T>): Promise<T> {
    const startup = new Startup();
    // Verifiers may log when the file is loaded, and the output of a command may be JSON.
    Logger.overrideLogger(false);
    // oxlint-disable-next-line typescript/unbound-method -- it is called with its object
    const create = NestFactory.create as Create;
    const value: Create = (root, ...rest) => startup.create(create, root, rest);
    Object.defineProperty(NestFactory, 'create', { value, configurable: true });
    process.on('unhandledRejection', startup.fail);
    try {
      return await Promise.race([load(startup), startup.failed]);
    } finally {
      Reflect.deleteProperty(NestFactory, 'create');
      process.off('unhandledRejection', startup.fail);
    }
  }

  /**
   * Waits until a main file calls `listen()`, for a limited time.
   *
   * @returns the application, or `undefined` if the file has not called it in 30 seconds
   */
  async listened(): Promise<INestApplication | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, undefined);
    });
    try {
      return await Promise.race([this.listening, this.failed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async create(create: Create, root: unknown, rest: readonly unknown[]): Promise<INestApplication> {
    this.hasBegun = true;
    // The second argument is an adapter or the options, as for Nest.
    const [adapter, given] = isAdapter(rest[0]) ? rest : [undefined, rest[0]];
    const options = { ...(given as CreateOptions | undefined), logger: false, bufferLogs: false, abortOnError: false };
    try {
      const app = await create.call(NestFactory, root, ...(adapter === undefined ? [options] : [adapter, options]));
      this.cors = options.cors ?? false;
      this.observe(app);
      return app;
    } catch (error) {
      // The file itself must not handle the error, because a main file logs it and ends the process.
      this.fail(error);
      return new Promise(() => undefined);
    }
  }

  /** Replaces two methods. Nest's proxy ignores assignments, so they are defined. */
  private observe(app: INestApplication): void {
    // The method of the class, because a method of the proxy would call ours again.
    // oxlint-disable-next-line typescript/unbound-method -- it is called with the application
    const { enableCors } = Object.getPrototypeOf(app) as INestApplication;
    const methods: Pick<INestApplication, 'enableCors' | 'listen'> = {
      enableCors: (options) => {
        this.cors = options ?? true;
        enableCors.call(app, options);
      },
      listen: () => {
        this.listen(app);
        return new Promise(() => undefined);
      },
    };
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(app, name, { value, configurable: true });
    }
  }
}

function isAdapter(value: unknown): boolean {
  return typeof (value as { readonly patch?: unknown } | undefined)?.patch === 'function';
}
