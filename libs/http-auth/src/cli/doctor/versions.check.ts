import { ownPackage } from '../own.package.js';
import type { Check, Files, Finding } from './check.js';
import { versionOf } from './installed.js';
import { isInRange } from './version.range.js';

/** The versions of Node.js and of the packages that the library works with. */
export const versions: Check<Files> = {
  name: 'versions',
  run({ file }) {
    const { peerDependencies, peerDependenciesMeta, engines } = ownPackage();
    const found = Object.entries(peerDependencies).map(([name, range]) => ({
      name,
      range,
      version: versionOf(name, file),
      isOptional: peerDependenciesMeta[name]?.optional === true,
    }));
    const all = [{ name: 'Node.js', range: engines.node, version: process.version, isOptional: false }, ...found];
    const wrong = all.flatMap(({ name, range, version, isOptional }): Finding[] => {
      if (version === undefined) {
        const finding: Finding = {
          level: 'FAIL',
          message: `${name} is not installed`,
          fix: `install it: npm install ${name}`,
        };
        return isOptional ? [] : [finding];
      }
      if (isInRange(version, range)) return [];
      return [{ level: 'FAIL', message: `${name} ${version} is not supported`, fix: `install a version of ${range}` }];
    });
    if (wrong.length > 0) return wrong;
    const names = ['Node.js', '@nestjs/core', 'passport'];
    const list = all.filter(({ name }) => names.includes(name)).map(({ name, version }) => `${name} ${version}`);
    return [{ level: 'OK', message: `${list.join(', ')}, and all other packages have supported versions` }];
  },
};
