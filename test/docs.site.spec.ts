import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { contents } from '../docs/.vitepress/contents.js';
import { siteFile, sitePath, targetOf } from '../docs/.vitepress/links.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The pages of the site. TypeDoc writes those of `api/`, and the home page is not in the contents. */
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.md') && file !== 'index.md' && !/^(?:api|\.vitepress)\//.test(file),
);
const listed = Object.values(contents).flatMap((section) => Object.keys(section));

describe('The contents of the site', () => {
  it('list each page once', () => {
    expect(listed.filter((page) => page !== 'api/index.md').toSorted()).toEqual(pages.toSorted());
  });

  it('have another name for each page', () => {
    const names = Object.values(contents).flatMap((section) => Object.values(section));
    expect(names).toEqual([...new Set(names)]);
  });
});

describe('A link of a page', () => {
  it.each([
    ['another page', 'guide/limits.md', 'errors.md#reasons', '/guide/errors.md#reasons'],
    ['the index of a folder', 'architecture.md', 'decisions/README.md', '/decisions/index.md'],
    ['a file of the repository', 'guide/errors.md', '../../test/mcp.e2e-spec.ts', blob('test/mcp.e2e-spec.ts')],
    ['a dashboard', 'guide/events-and-metrics.md', '../grafana/x.json', blob('docs/grafana/x.json')],
    ['the source of a page', 'guide/errors.md', '../../libs/http-auth/SECURITY.md', '/security.md'],
    ['another file from an included file', 'security.md', 'README.md', blob('libs/http-auth/README.md')],
    ['a page from an included file', 'changelog.md', '../../docs/clients.md', '/clients.md'],
    ['a heading', 'guide/errors.md', '#reasons', '#reasons'],
    ['another host', 'guide/errors.md', 'https://example.com/a.md', 'https://example.com/a.md'],
  ])('leads to %s', (_target, page, href, expected) => {
    expect(targetOf(page, href)).toBe(expected);
  });

  it.each([
    ['guide/README.md', 'guide/index.md', '/guide/'],
    ['guide/limits.md', 'guide/limits.md', '/guide/limits'],
    ['index.md', 'index.md', '/'],
  ])('opens %s as %s at %s', (page, file, path) => {
    expect([siteFile(page), sitePath(page)]).toEqual([file, path]);
  });

  function blob(file: string): string {
    return `https://github.com/nestjs-http-auth/nestjs-http-auth/blob/main/${file}`;
  }
});

describe('The home page', () => {
  it('links pages that exist', () => {
    const links = [...readFileSync(join(root, 'docs/index.md'), 'utf8').matchAll(/link: (\S+)/g)].map(
      ([, link]) => link,
    );
    expect(links.filter((link) => !listed.some((page) => sitePath(page) === link))).toEqual([]);
  });
});

describe('The API reference', () => {
  const library = join(root, 'libs/http-auth');
  const { exports } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { 'nestjs-http-auth-source': string }>;
  };
  const entries = Object.entries(exports).flatMap(([subpath, entry]): [string, string][] =>
    typeof entry === 'string' ? [] : [[`nestjs-http-auth${subpath.slice(1)}`, entry['nestjs-http-auth-source']]],
  );

  it.each(entries)('names the module %s by its import', (specifier, file) => {
    const source = readFileSync(join(library, file), 'utf8');
    expect(source).toContain(` * @module ${specifier}\n`);
    expect(source).toMatch(new RegExp(`^/\\*\\*\\n \\* \\w[^]*? \\* import (?:{ .* } from )?'${specifier}';\\n`));
  });
});
