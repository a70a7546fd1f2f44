import { readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

/**
 * Returns the sidebars of the API reference by path. Each lists all modules, and the names of one module only: with all names, a
 * page would have 100 kB more.
 */
export function apiSidebars(): Record<string, Item[]> {
  const modules = read().flatMap(modulesOf);
  const sidebarOf = (open: Item | undefined): Item[] => [
    { text: 'Guide', link: '/guide/' },
    { text: 'Modules', collapsed: open !== undefined, items: modules.map(({ text, link }) => ({ text, link })) },
    ...(open === undefined ? [] : [{ text: open.text, items: open.items }]),
  ];
  return Object.fromEntries([
    ['/api/', sidebarOf(undefined)],
    ...modules.map((one): [string, Item[]] => [one.link ?? '', sidebarOf(one)]),
  ]);
}

/** Returns a module of the file with the modules below it, each with the kinds of its names as items. */
function modulesOf({ link = '', items = [] }: Item): Item[] {
  const kinds = items.filter((item) => item.link === undefined).map((kind) => ({ ...kind, collapsed: false }));
  const below = items.filter((item) => item.link?.endsWith('/'));
  return [{ text: link.slice('/api/'.length, -1), link, items: kinds }, ...below.flatMap(modulesOf)];
}

/** Reads the file that TypeDoc writes. */
function read(): Item[] {
  return JSON.parse(readFileSync(new URL('../api/typedoc-sidebar.json', import.meta.url), 'utf8')) as Item[];
}
