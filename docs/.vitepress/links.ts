import { posix } from 'node:path';

/** The repository on GitHub. */
export const REPOSITORY = 'https://github.com/nestjs-http-auth/nestjs-http-auth';

/** The pages that show a file outside of `docs/`. The links of such a file start at its own folder. */
const INCLUDED: Readonly<Record<string, string>> = {
  'changelog.md': 'libs/http-auth/CHANGELOG.md',
  'security.md': 'libs/http-auth/SECURITY.md',
};

/**
 * Returns the target of a link on the site, so that the same link works on GitHub and on the site. A link to a page becomes its
 * path on the site, with `.md`. A link to another file of the repository becomes its URL on GitHub.
 *
 * @param page The page that has the link, relative to `docs/`, before rewrites.
 */
export function targetOf(page: string, href: string): string {
  if (/^(?:[a-z]+:|[#/])/i.test(href)) return href;
  const [path = '', hash] = href.split('#');
  const file = posix.join(posix.dirname(INCLUDED[page] ?? `docs/${page}`), path);
  const [included] = Object.entries(INCLUDED).find(([, source]) => source === file) ?? [];
  const ofSite = included ?? (/^docs\/.*\.md$/.test(file) ? file.slice('docs/'.length) : undefined);
  const target = ofSite === undefined ? `${REPOSITORY}/blob/main/${file}` : `/${siteFile(ofSite)}`;
  return hash === undefined ? target : `${target}#${hash}`;
}

/** Returns the file that a page has on the site. GitHub shows the `README.md` of a folder, and a site shows its `index.md`. */
export function siteFile(page: string): string {
  return page.replace(/(^|\/)README\.md$/, '$1index.md');
}

/** Returns the path of a page on the site, without an extension: `/guide/limits`, or `/guide/` for an index. */
export function sitePath(page: string): string {
  return `/${siteFile(page)
    .replace(/(^|\/)index\.md$/, '$1')
    .replace(/\.md$/, '')}`;
}
