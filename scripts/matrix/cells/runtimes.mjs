import { join } from 'node:path';
import { withServer } from '../../support/server.mjs';
import { checkResponses } from '../checks.mjs';
import { application, install, MAJORS } from '../workspace.mjs';

/** The application starts on Bun and on Deno. */
export default async function otherRuntimes(report) {
  const tools = install('runtimes', ['bun', 'deno']);
  const commands = {
    Bun: [join(tools, 'node_modules', '.bin', 'bun')],
    Deno: [join(tools, 'node_modules', '.bin', 'deno'), 'run', '--allow-all'],
  };
  for (const major of MAJORS) {
    const cwd = application[major]();
    for (const [name, command] of Object.entries(commands)) {
      await withServer([...command, join('esm', 'dist', 'main.js')], { cwd }, checkResponses);
      report(`Nest ${major} on ${name}`);
    }
  }
}
