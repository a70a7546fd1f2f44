import footnotes from 'markdown-it-footnote';
import { defineConfig, type DefaultTheme } from 'vitepress';
import { apiSidebars } from './api.js';
import { contents } from './contents.js';
import { REPOSITORY, siteFile, sitePath, targetOf } from './links.js';
import { writeMarkdown } from './llms.js';

// The path of the site on its host: `/`, or for example `/nestjs-http-auth/` on GitHub Pages.
const base = `${process.env.DOCS_BASE ?? ''}/`;
const description = 'HTTP authentication for NestJS: every 401 carries its WWW-Authenticate challenge.';

const guide: DefaultTheme.SidebarItem[] = Object.entries(contents)
  .filter(([, section]) => Object.keys(section).length > 0)
  .map(([text, section]) => ({
    text,
    collapsed: text !== 'Start',
    items: Object.entries(section).map(([page, title]) => ({ text: title, link: sitePath(page) })),
  }));

export default defineConfig({
  title: 'nestjs-http-auth',
  description,
  lang: 'en',
  base,
  cleanUrls: true,
  // Otherwise each page repeats the contents of the site as JSON.
  metaChunk: true,
  // The index of the search.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  rewrites: siteFile,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}favicon.svg` }]],
  transformHead: ({ pageData: { relativePath, frontmatter } }) =>
    relativePath === '404.md' || frontmatter.layout === 'home'
      ? []
      : [['link', { rel: 'alternate', type: 'text/markdown', href: `${base}${relativePath}` }]],
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    config(md) {
      // Its types name the CommonJS copy of the types of markdown-it, and those of VitePress name the other one.
      md.use(footnotes as never);
      md.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
        const { relativePath } = env as { relativePath: string };
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href !== null) token.attrSet('href', targetOf(relativePath, href));
        }
      });
    },
  },
  buildEnd: ({ outDir, srcDir }) => writeMarkdown({ from: srcDir, to: outDir, base, description }),
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/guide/', activeMatch: '^/(guide|migrate)/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Security', link: '/security' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar: { ...apiSidebars(), '/': [...guide, { text: 'For AI tools', link: `${base}llms.txt`, target: '_self' }] },
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    footer: {
      message: `MIT License · <a href="${base}llms.txt" target="_self">llms.txt</a> for AI tools`,
    },
  },
});
