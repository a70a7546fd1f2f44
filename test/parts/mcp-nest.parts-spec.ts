import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import { AuthorizationServer } from '../support/authorization-server.js';
import { freePort } from '../support/free-port.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the code of a file in the guide. The page about the tools has `mcp.server.ts`, and the other page declares it only. */
function codeOf(file: string): string {
  const name = file === 'mcp.server.ts' ? 'mcp-tools.md' : 'mcp-nest.md';
  const page = readFileSync(join(root, 'docs/guide', name), 'utf8');
  const code = page.split('```ts\n').find((block) => block.startsWith(`// ${file}\n`));
  if (code === undefined) throw new Error(`The guide does not have the file ${file}`);
  return code.slice(0, code.indexOf('```'));
}

/** Changes what differs for the test: the URLs, and the adapter. */
function forTest(code: string, { issuer, port, adapter }: { issuer: string; port: number; adapter: string }): string {
  return code
    .replaceAll('https://login.example.com', issuer)
    .replaceAll('https://api.example.com', `http://127.0.0.1:${port}`)
    .replaceAll('api.example.com', '127.0.0.1')
    .replace("import { NestFactory } from '@nestjs/core';", (line) => `${line}\n${importOf(adapter)}`)
    .replace('create(ReportsModule)', `create(ReportsModule, new ${adapter}Adapter(), { logger: false })`);
}

function importOf(adapter: string): string {
  return `import { ${adapter}Adapter } from '@nestjs/platform-${adapter.toLowerCase()}';`;
}

const swc = {
  swcrc: false,
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
} as const;

// Jest cannot load this package with Nest 12 on Node 20, so the application runs in another process.
describe.each(['Express', 'Fastify'])('The application of the guide with @rekog/mcp-nest on %s', (adapter) => {
  let authorizationServer: AuthorizationServer;
  let child: ChildProcess;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    authorizationServer = await AuthorizationServer.start();
    const { issuer } = authorizationServer;
    const port = await freePort();
    url = `http://127.0.0.1:${port}/mcp`;
    // The packages of the repository are found from this folder.
    const cache = join(root, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, 'mcp-nest-'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const name of ['mcp.server', 'reports.tools', 'mcp.endpoint', 'reports.module', 'main']) {
      const { code } = transformSync(forTest(codeOf(`${name}.ts`), { issuer, port, adapter }), swc);
      writeFileSync(join(folder, `${name}.js`), code);
    }
    child = spawn(process.execPath, [join(folder, 'main.js')], {
      stdio: 'inherit',
      env: { ...process.env, PORT: String(port) },
    });
    const isUp = () =>
      fetch(url).then(
        () => true,
        () => false,
      );
    while (child.exitCode === null && !(await isUp())) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  afterAll(async () => {
    child?.kill('SIGKILL');
    await authorizationServer?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = async (message: object, scope?: string, fields: object = {}) => {
    const token = scope && (await authorizationServer.token({ resource: url, scope }));
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }),
      ...fields,
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...message });
    const answer = await fetch(url, { method: 'POST', headers, body });
    return {
      status: answer.status,
      challenge: answer.headers.get('www-authenticate'),
      body: (await answer.json()) as { result?: { tools?: { name: string }[]; content?: object[] } },
    };
  };
  const list = { method: 'tools/list' };
  const add = { method: 'tools/call', params: { name: 'add-report', arguments: { text: 'All is well' } } };

  it('responds with 401 if there is no token', async () => {
    for (const message of [list, add]) {
      expect(await post(message)).toMatchObject({
        status: 401,
        challenge: expect.stringMatching(/^Bearer realm="Reports", scope="reports:(read|write)", resource_metadata="/),
      });
    }
  });

  it('lists only the tools that the token allows', async () => {
    const toolsOf = async (scope: string) => (await post(list, scope)).body.result?.tools?.map(({ name }) => name);
    expect(await toolsOf('reports:read')).toEqual(['count-reports']);
    expect((await toolsOf('reports:write'))?.toSorted()).toEqual(['add-report', 'count-reports']);
  });

  it('names the scopes of a tool in the challenge if the token lacks them', async () => {
    expect(await post(add, 'reports:read')).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('error="insufficient_scope", scope="reports:write", resource_metadata="'),
    });
  });

  it('calls a tool for the user of the token', async () => {
    const { body } = await post(add, 'reports:write');
    expect(body.result?.content).toEqual([
      { type: 'text', text: expect.stringMatching(/^\S+ has reported: All is well$/) },
    ]);
  });

  it('responds with 403 to a page of another host', async () => {
    expect(await post(list, 'reports:read', { origin: 'https://attacker.example' })).toMatchObject({ status: 403 });
  });
});
