import { join } from 'node:path';
import { packageFields } from '../../library/entries.mjs';
import { run } from '../../support/run.mjs';
import { application, install, MAJORS, write } from '../workspace.mjs';

const COMPILERS = { 5.9: 'typescript@5.9', '6.0': 'typescript@6.0', '7.0': 'typescript@7.0' };

const OPTIONS = {
  node10: { module: 'commonjs', moduleResolution: 'node10' },
  node16: { module: 'node16' },
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** The types of every entry resolve, and the declarations of the library have no error. */
export default function types(report) {
  const aliases = Object.entries(COMPILERS).map(([version, name]) => `typescript-${version}@npm:${name}`);
  const compilers = install('types', aliases);
  const entries = Object.keys(packageFields().exports).filter((entry) => entry !== './package.json');
  for (const major of MAJORS) {
    const app = application[major]();
    for (const version of Object.keys(COMPILERS)) {
      const tsc = join(compilers, 'node_modules', `typescript-${version}`, 'bin', 'tsc');
      const done = Object.keys(OPTIONS).filter((resolution) => isSupported(version, resolution));
      for (const resolution of done) {
        const folder = `types-${version}-${resolution}`;
        writeProgram(app, folder, { major, version, resolution, entries });
        run(process.execPath, [tsc, '-p', folder], { cwd: app });
      }
      report(`Nest ${major}, TypeScript ${version}: ${done.join(', ')}`);
    }
  }
}

/** TypeScript 7 has removed `node10`. */
function isSupported(version, resolution) {
  return !(version === '7.0' && resolution === 'node10');
}

/** Writes a program that imports every entry, as an ES module and as CommonJS. */
function writeProgram(app, folder, { major, version, resolution, entries }) {
  write(app, `${folder}/package.json`, { type: 'module' });
  // The application of Nest 11 does not have Vitest, and CommonJS cannot import it.
  const withoutVitest = entries.filter((entry) => !entry.endsWith('vitest'));
  write(app, `${folder}/program.mts`, programOf(major === '11' ? withoutVitest : entries));
  // In node16, CommonJS cannot import ES modules such as Nest 12.
  if (resolution !== 'node16' || major === '11') write(app, `${folder}/program.cts`, programOf(withoutVitest));
  write(app, `${folder}/tsconfig.json`, {
    compilerOptions: {
      ...OPTIONS[resolution],
      ...(resolution === 'node10' && version !== '5.9' && { ignoreDeprecations: '6.0' }),
      target: 'es2023',
      strict: true,
      noEmit: true,
      // In node16, a declaration of CommonJS cannot export an ES module. New Nest applications skip this check.
      skipLibCheck: resolution === 'node16' && major === '11',
      types: ['node'],
      esModuleInterop: true,
      experimentalDecorators: true,
    },
    include: ['*.mts', '*.cts'],
  });
}

function programOf(entries) {
  const names = entries.map((_, index) => `entry${index}`);
  const imports = entries.map((entry, index) => {
    return `import * as ${names[index]} from '${entry.replace(/^\./, 'nestjs-http-auth')}';`;
  });
  return `${imports.join('\n')}
    import { AuthModule, type AuthModuleOptions, basic } from 'nestjs-http-auth';
    import { jwt } from 'nestjs-http-auth/jwt';
    const options: AuthModuleOptions = { realm: 'x', schemes: [basic(() => null)] };
    export const modules = [AuthModule.forRoot(options), jwt({ issuer: 'x', audience: 'y', secret: 'z' })];
    // @ts-expect-error The types are not any.
    AuthModule.forRoot({ realm: 1 });
    export { ${names.join(', ')} };`;
}
