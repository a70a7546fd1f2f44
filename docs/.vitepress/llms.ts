import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contents } from './contents.js';
import { siteFile, targetOf } from './links.js';

/** The folders of the site, and the sentence that describes it. */
interface Site {
  /** The folder with the pages. */
  from: string;
  /** The folder of the built site. */
  to: string;
  /** The path of the site on its host, with a slash at its end. */
  base: string;
  /** Describes the library in one sentence. */
  description: string;
}

/**
 * Writes the pages for AI tools: each page as Markdown next to its HTML, `llms.txt` with the list of the pages
 * (https://llmstxt.org), and `llms-full.txt` with all pages except the API reference.
 */
export function writeMarkdown({ from, to, base, description }: Site): void {
  const head = `# nestjs-http-auth\n\n> ${description}\n`;
  const list = [head];
  const full = [head];
  for (const [section, pages] of Object.entries(contents)) {
    const lines = Object.entries(pages).map(([page, title]) => {
      const text = markdownOf(from, page, base);
      if (!page.startsWith('api/')) {
        write(join(to, siteFile(page)), text);
        full.push(text);
      }
      return `- [${title}](${base}${siteFile(page)}): ${summaryOf(text)}`;
    });
    if (lines.length > 0) list.push(`## ${section}\n\n${lines.join('\n')}\n`);
  }
  cpSync(join(from, 'api'), join(to, 'api'), { recursive: true, filter: (file) => !file.endsWith('.json') });
  write(join(to, 'llms.txt'), list.join('\n'));
  write(join(to, 'llms-full.txt'), full.join('\n'));
}

/** Returns the Markdown of a page with its included file, and with links that work on the site. */
function markdownOf(from: string, page: string, base: string): string {
  return readFileSync(join(from, page), 'utf8')
    .replace(/<!--@include: (\S+)-->/g, (_, file: string) => readFileSync(join(from, dirname(page), file), 'utf8'))
    .split(/(^```[^]*?^```$)/m)
    .map((part) =>
      part.startsWith('```') ? part : part.replace(/(?<=\]\()[^)\s]+(?=\))/g, (href) => urlOf(page, href, base)),
    )
    .join('');
}

function urlOf(page: string, href: string, base: string): string {
  return targetOf(page, href).replace(/^\//, base);
}

/** Returns the first paragraph of a page, without links and line breaks. */
function summaryOf(text: string): string {
  const [paragraph = ''] = text.split('\n\n').filter((part) => /^(?!```)[\w`[]/.test(part));
  return paragraph.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\s+/g, ' ');
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
