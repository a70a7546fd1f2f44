import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = new URL('../', import.meta.url);
const target = new URL('../dist/', import.meta.url);
const files = ['before/app.module', 'before/main', 'during/app.module', 'during/main'];

/**
 * Starts an application with nest-keycloak-connect in its own process, and returns its URL. The package is CommonJS, and Jest cannot
 * load Nest 12, an ES module, from there.
 */
export async function startOld(
  stage: 'before' | 'during',
  keycloakUrl: string,
): Promise<{ url: string; stop(): Promise<void> }> {
  for (const name of files) {
    mkdirSync(new URL('./', new URL(name, target)), { recursive: true });
    const { outputText } = ts.transpileModule(readFileSync(new URL(`${name}.ts`, source), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    writeFileSync(new URL(`${name}.js`, target), outputText);
  }
  const server = spawn(process.execPath, [fileURLToPath(new URL(`${stage}/main.js`, target))], {
    env: { ...process.env, NODE_OPTIONS: '', KEYCLOAK_URL: keycloakUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(server, 'exit');
  const line = await Promise.race([once(createInterface(server.stdout), 'line'), exit]);
  return {
    url: String(line[0]),
    stop: async () => {
      server.kill();
      await exit;
    },
  };
}
