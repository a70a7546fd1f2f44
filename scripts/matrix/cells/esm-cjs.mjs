import { deepEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { packageFields } from '../../library/entries.mjs';
import { run } from '../../support/run.mjs';
import { application, MAJORS, nodes, write } from '../workspace.mjs';

/** Each entry is one module for `import` and for `require()`, because dependency injection compares classes. */
export default function esmAndCommonJs(report) {
  // Matchers cannot be loaded outside of their test runner.
  const entries = Object.keys(packageFields().exports).filter((entry) => !/testing\/|package\.json/.test(entry));
  const names = entries.map((entry) => entry.replace(/^\./, 'nestjs-http-auth'));
  const code = `const names = ${JSON.stringify(names)};
    const required = names.map((name) => require(name));
    Promise.all(names.map((name) => import(name))).then((imported) => {
      const copies = names.filter((name, index) =>
        Object.keys(imported[index]).some((key) => key !== 'module.exports' && imported[index][key] !== required[index][key]));
      console.log(JSON.stringify(copies));
    });`;
  for (const major of MAJORS) {
    const app = application[major]();
    write(app, 'identity.cjs', code);
    for (const [version, node] of nodes()) {
      deepEqual(JSON.parse(run(node, [join(app, 'identity.cjs')], { cwd: app })), [], `Nest ${major}, Node ${version}`);
    }
    report(
      `Nest ${major}: import and require() load the same ${names.length} entries on Node ${[...nodes().keys()].join(', ')}`,
    );
  }
}
