import { join } from 'node:path';
import { withServer } from '../../support/server.mjs';
import { checkResponses } from '../checks.mjs';
import { ADAPTERS, application, FORMATS, MAJORS, nodes } from '../workspace.mjs';

/** The application starts and answers with every major version of Nest, every adapter, every format and every Node.js. */
export default async function everyNode(report) {
  for (const major of MAJORS) {
    const cwd = application[major]();
    for (const [version, node] of nodes()) {
      for (const format of FORMATS) {
        for (const adapter of ADAPTERS) {
          const command = [node, join(format, 'dist', 'main.js')];
          await withServer(command, { cwd, env: { ADAPTER: adapter } }, checkResponses);
        }
      }
      report(`Nest ${major}, Node ${version}: ${FORMATS.join(' and ')}, ${ADAPTERS.join(' and ')}`);
    }
  }
}
