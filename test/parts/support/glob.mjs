// Node 20 does not have `globSync()`. The conformance suite of MCP imports it, but does not call it for servers.

import fs from 'node:fs';
import { register } from 'node:module';

const moduleOf = (code) => `data:text/javascript,${encodeURIComponent(code)}`;

if (!('globSync' in fs)) {
  const url = moduleOf(`export * from 'node:fs'; export { default } from 'node:fs'; export function globSync() {}`);
  const answer = JSON.stringify({ url, shortCircuit: true });
  register(
    moduleOf(
      `export const resolve = (specifier, context, next) => specifier === 'fs' ? ${answer} : next(specifier, context);`,
    ),
  );
}
