// Checks each link of the built site: its page, its file, and its anchor. VitePress checks pages only. Links of `llms.txt` and of the
// pages in Markdown count, too. A browser must not load files from other hosts.
// usage: [DOCS_BASE=/path] node scripts/docs/links.mjs FOLDER
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

const [folder] = process.argv.slice(2);
const base = `${process.env.DOCS_BASE ?? ''}/`;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
const pages = new Map(
  files.filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
);
const anchors = new Map(
  [...pages].map(([page, html]) => [page, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]),
);
const problems = new Set();
let count = 0;

/** Returns the file of the site that a path leads to, or `undefined`. */
function fileOf(path) {
  return [path, `${path}.html`, posix.join(path, 'index.html')].find(
    (file) => existsSync(join(folder, file)) && statSync(join(folder, file)).isFile(),
  );
}

function check(from, link) {
  const href = decodeURIComponent(link.replaceAll('&amp;', '&'));
  if (/^(?:[a-z]+:|\/\/)/i.test(href)) return;
  count++;
  const [path, anchor] = href.split('#');
  if (path.startsWith('/') && !path.startsWith(base)) {
    problems.add(`${from}: ${href} is not below ${base}`);
    return;
  }
  const local = path.startsWith('/') ? path.slice(base.length) : posix.join(posix.dirname(from), path);
  const target = path === '' ? from : fileOf(local || '.');
  if (target === undefined) problems.add(`${from}: ${href} leads to no page`);
  else if (anchor && pages.has(target) && !anchors.get(target).has(anchor))
    problems.add(`${from}: ${href} has no anchor`);
}

for (const [page, html] of pages) {
  if (page === '404.html') continue;
  for (const [, href] of html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) check(page, href);
  for (const [tag, url] of html.matchAll(
    /<(?:script|img|iframe|source|link(?=[^>]*rel="(?!canonical)))\s[^>]*?(?:src|href)="([^"]*)"/g,
  )) {
    if (/^(?:https?:)?\/\//.test(url)) problems.add(`${page}: ${tag} loads from another host`);
    else check(page, url);
  }
}
for (const file of files.filter((name) => name === 'llms.txt' || name.endsWith('.md'))) {
  const text = readFileSync(join(folder, file), 'utf8').replace(/^ *```[^]*?^ *```$/gm, '');
  for (const [, href] of text.matchAll(/\]\(([^)\s]+)\)/g)) check(file, href.replace(/(?<=.)#.*/, ''));
}
for (const file of files.filter((name) => name.endsWith('.css'))) {
  for (const [url] of readFileSync(join(folder, file), 'utf8').matchAll(/url\(["']?(?:https?:)?\/\/[^)]*\)/g)) {
    problems.add(`${file}: ${url} loads from another host`);
  }
}

for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.size > 0) process.exit(1);
console.log(`✓ ${pages.size} pages, ${count} links`);
