import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import { type Answer, type Ask, send } from './client.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file of a page: a block of TypeScript that begins with `// name`, or a block of text that begins with `# name`. */
const FILE = /^```(?:ts|text)\b.*\n((?:\/\/|#) (\S+)\n[^]*?)^```$/gm;

/** A command of a page with its output. */
const CONSOLE = /^```console\n([^]*?)^```$/gm;

/** The file that the CLI of Nest creates. Pages without `main.ts` run with it. */
const MAIN = `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
await app.listen(3000);
`;

/** A page of the guide, whose code runs as it is written there. */
export class GuidePage {
  private readonly text: string;

  /** @param path the path of the page below `docs/guide` */
  constructor(path: string) {
    this.text = readFileSync(join(root, 'docs/guide', path), 'utf8');
  }

  /**
   * Writes the files of the page into a new folder, and runs `main.ts` there. It listens on a free port instead of 3000. If the page
   * has `main.fastify.ts`, Fastify runs that file.
   */
  async start(adapter: string, main = 'main'): Promise<RunningPage> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'guide-'));
    const blocks = [...this.text.matchAll(FILE)].map(([, code = '', name = '']): [string, string] => [name, code]);
    const files = new Map([['main.ts', MAIN], ...blocks]);
    for (const [name, code] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), listening(name, code, adapter === 'Fastify'));
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const fastify = `${main}.fastify.ts`;
    const entry = adapter === 'Fastify' && files.has(fastify) ? fastify : `${main}.ts`;
    const before = process.cwd();
    process.chdir(folder);
    try {
      const { app } = (await import(join(folder, entry))) as { app: INestApplication };
      return { app, folder, stop: () => app.close().then(() => rmSync(folder, { recursive: true })) };
    } finally {
      process.chdir(before);
    }
  }

  /** Returns the headings of the page that are messages of `jwt()`. */
  messages(): string[] {
    return this.headings().filter((heading) => /^The (?:token|issuer|client) /.test(heading));
  }

  /** Returns the headings of the sections. */
  headings(): string[] {
    return [...this.text.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
  }

  /** Returns the `curl` commands of the page, in their order, each with its output. */
  commands(): Command[] {
    return [...this.text.matchAll(CONSOLE)].flatMap(([, block = '']) =>
      [...block.matchAll(/^\$ (curl .*)\n([^]*?)(?=^\$ |$(?![^]))/gm)].map(([, line = '', output = '']) => ({
        line,
        output: output.trim(),
      })),
    );
  }
}

/** An application that the code of a page has started. */
export interface RunningPage {
  readonly app: INestApplication;
  readonly folder: string;
  stop(): Promise<void>;
}

/** A command of a page. */
export interface Command {
  readonly line: string;
  readonly output: string;
}

/** Makes an entry file export its application, and listen on a free port. */
function listening(name: string, code: string, fastify: boolean): string {
  const port = code.replace(/^await app\.listen\(.*\);$/m, "await app.listen(0, '127.0.0.1');\nexport { app };");
  if (!fastify || name.endsWith('.fastify.ts') || port === code) return port;
  return `import { FastifyAdapter } from '@nestjs/platform-fastify';\n${port}`.replace(
    /NestFactory\.create\((\w+)\)/,
    'NestFactory.create($1, new FastifyAdapter())',
  );
}

/** Sends the request of a `curl` command. The variables of the command are values of `variables`. */
export function curl(app: INestApplication, line: string, variables: Record<string, string> = {}): Promise<Answer> {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].slice(1).map(([, single, double, plain]) => {
    const word = double ?? plain ?? '';
    return single ?? word.replace(/\$(\w+)/g, (_all, name: string) => variables[name] ?? '');
  });
  const headers: Record<string, string> = {};
  const ask: Ask = { headers };
  let path = '';
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const value = () => words.shift() ?? '';
    if (word === '-X') ask.method = value();
    else if (word === '-u') headers['authorization'] = `Basic ${Buffer.from(value()).toString('base64')}`;
    else if (word === '-b') headers['cookie'] = value();
    else if (word === '-H') {
      const [, name = '', content = ''] = /^([^:]+): ?(.*)$/.exec(value()) ?? [];
      headers[name.toLowerCase()] = content;
    } else if (word === '-d') {
      ask.method ??= 'POST';
      ask.body = value();
    } else if (word.startsWith('-')) {
      if (word !== '-i' && word !== '-s') throw new Error(`curl(): the option ${word} is not known`);
    } else path = word.replace(/^(?:https?:\/\/)?[^/]+/, '') || '/';
  }
  return send(app, path, ask);
}

/** Returns the parts of a response that the output of a command shows. */
export function shownBy({ line, output }: Command, { status, headers, challenges, body }: Answer): string {
  if (!/ -i /.test(line)) return body;
  const [head = '', ...text] = output.split('\n\n');
  const [first = '', ...fields] = head.split('\n');
  const challengesOf = challenges.map((challenge) => `WWW-Authenticate: ${challenge}`);
  const isChallenge = (field: string | undefined) => field?.startsWith('WWW-Authenticate:') === true;
  // An output with a challenge must have all of them.
  const lines = fields.flatMap((field, index) => {
    if (isChallenge(field)) return isChallenge(fields[index - 1]) ? [] : challengesOf;
    const [name = ''] = field.split(':');
    return `${name}: ${String(headers[name.toLowerCase()])}`;
  });
  const answer = [first.replace(/ \d{3} /, ` ${status} `), ...lines].join('\n');
  return text.length === 0 ? answer : `${answer}\n\n${body}`;
}
