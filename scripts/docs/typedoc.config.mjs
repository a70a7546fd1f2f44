import { ENTRIES } from '../library/entries.mjs';

const path = (relative) => new URL(`../../${relative}`, import.meta.url).pathname;

/**
 * The API reference of the documentation site: one module for each entry of the package.
 *
 * @type {Partial<import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions>}
 */
export default {
  name: 'API',
  tsconfig: path('libs/http-auth/tsconfig.lib.json'),
  entryPoints: Object.values(ENTRIES).map((module) => path(`libs/http-auth/src/${module}.ts`)),
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
  out: path('docs/api'),
  docsRoot: path('docs'),
  readme: 'none',
  router: 'member',
  entryFileName: 'index',
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  excludeExternals: true,
  disableSources: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  // Each option gets a heading, so it has an anchor and a search result, and fits a phone.
  propertiesFormat: 'list',
  interfacePropertiesFormat: 'list',
  typeDeclarationFormat: 'list',
  parametersFormat: 'table',
  indexFormat: 'table',
  tableColumnSettings: { hideSources: true, hideModifiers: true, hideInherited: true, hideOverrides: true },
  pageTitleTemplates: { member: ({ name }) => name },
  sidebar: { autoConfiguration: true, format: 'vitepress', pretty: false, collapsed: true },
  // Helpers that only compute other types, and parameters that no application passes.
  intentionallyNotExported: [
    'schemes/any.of.ts:Common',
    'schemes/any.of.ts:ParametersOf',
    'schemes/any.of.ts:PrincipalOf',
    'schemes/basic/basic.scheme.ts:BasicScheme',
    'schemes/bearer/bearer.scheme.ts:BearerScheme',
    'testing/matchers.ts:MatcherContext',
  ].map((type) => `nestjs-http-auth/src/${type}`),
  validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: false },
  treatWarningsAsErrors: true,
};
