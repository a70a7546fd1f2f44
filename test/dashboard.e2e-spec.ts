import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
import { parser } from '@prometheus-io/lezer-promql';
import { adapters, start } from './support/application.js';
import { dashboard, everything, queries, Scrape, traffic } from './support/dashboard.js';
import { Issuer } from './support/issuer.js';

/** A selector of a query: matchers of labels, and of the name of the metric as `__name__`. */
type Matcher = readonly [label: string, operator: string, value: string];

/** The parts of a query that name metrics and labels. */
interface Query {
  readonly selectors: readonly (readonly Matcher[])[];
  /** The labels by which it groups. */
  readonly groups: readonly string[];
  readonly errors: number;
}

/** Reads a query with the grammar of Prometheus. */
function parse(query: string): Query {
  const selectors: Matcher[][] = [];
  const groups: string[] = [];
  let errors = 0;
  parser.parse(query).iterate({
    enter: ({ name, type, from, to, node }) => {
      const text = query.slice(from, to);
      if (type.isError) errors++;
      if (name === 'VectorSelector') selectors.push([]);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector')
        selectors.at(-1)?.push(['__name__', '=', text]);
      if (name === 'LabelName' && node.parent?.name === 'GroupingLabels') groups.push(text);
      if (name !== 'UnquotedLabelMatcher') return;
      const [, label = '', operator = '', value = ''] = /^(\w+)\s*([=!~]+)\s*"(.*)"$/.exec(text) ?? [];
      selectors.at(-1)?.push([label, operator, value]);
    },
  });
  return { selectors, groups, errors };
}

type Series = Readonly<Record<string, string>>;

/** Reads the series of a scrape. Prometheus adds `job`. */
function seriesOf(text: string): Series[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]);
    return { __name__: name, job: 'api', ...(Object.fromEntries(pairs) as Series) };
  });
}

function matches(series: Series, [label, operator, value]: Matcher): boolean {
  const found = series[label];
  if (found === undefined) return false;
  if (operator === '=') return found === value;
  if (operator === '=~') return new RegExp(`^(?:${value})$`).test(found);
  throw new Error(`This test does not know the operator ${operator}`);
}

/** Returns what is missing in a scrape for a query. */
function problemsOf(query: string, series: readonly Series[]): string[] {
  const { selectors, groups, errors } = parse(query);
  if (errors > 0 || selectors.length === 0) return [`${query} is not PromQL`];
  return selectors.flatMap((selector) => {
    const found = series.filter((one) => selector.every((matcher) => matches(one, matcher)));
    if (found.length === 0) return [`${query}: no series for ${JSON.stringify(selector)}`];
    const missing = groups.filter((label) => !found.some((one) => one[label] !== undefined));
    return missing.map((label) => `${query}: no label ${label}`);
  });
}

let issuer: Issuer;
let scrape: Scrape;
let end: (() => void) | undefined;

beforeEach(async () => {
  issuer = await Issuer.start();
  scrape = new Scrape();
});

afterEach(async () => {
  end?.();
  await scrape.close();
  await issuer.stop();
});

async function scraped(app: INestApplication): Promise<Series[]> {
  end = meterHttpAuth(app, { meterProvider: scrape.provider });
  await traffic(app, issuer);
  const response = await fetch(`http://127.0.0.1:${await scrape.listen()}/metrics`);
  return seriesOf(await response.text());
}

describe.each(adapters)('The dashboard of an application on %s', (_name, adapter) => {
  it('has only queries whose metrics and labels exist', async () => {
    const app = await start(adapter(), { imports: [await everything(issuer)] });
    const series = await scraped(app);
    expect(queries.length).toBeGreaterThan(10);
    expect(queries.flatMap((query) => problemsOf(query, series))).toEqual([]);
    // No credentials and no username of `traffic()` are in the scrape.
    const text = JSON.stringify(series);
    expect(['opaque', 'mallory', 'a.b.c', 'wrong again', 'alice', 'bob'].filter((one) => text.includes(one))).toEqual(
      [],
    );
    // Some names have the unit if a collector exports them, so a query has both.
    const withUnit = series.map((one) => ({
      ...one,
      __name__: (one['__name__'] ?? '').replace(/(duration|age)(?=_|$)/, '$1_seconds'),
    }));
    expect(queries.flatMap((query) => problemsOf(query, withUnit))).toEqual([]);
    // Each metric is in the dashboard.
    const selectors = queries.flatMap((query) => parse(query).selectors);
    const names = new Set(series.map((one) => one['__name__'] ?? '').filter((name) => name.startsWith('nestjs_')));
    const unused = [...names].filter(
      (name) =>
        !name.endsWith('_sum') &&
        !selectors.some((one) => one.some((m) => m[0] === '__name__' && matches({ __name__: name }, m))),
    );
    expect(unused).toEqual(['nestjs_http_auth_duration_count']);
  });
});

describe('The dashboard', () => {
  it('has panels with different identifiers, which do not overlap', () => {
    const { panels, uid, title, schemaVersion } = dashboard;
    expect({ uid, title, schemaVersion }).toEqual({
      uid: 'nestjs-http-auth',
      title: 'nestjs-http-auth',
      schemaVersion: 39,
    });
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('has legends with labels that the query keeps, and no variable that it does not define', () => {
    const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);
    for (const { expr, legendFormat } of targets) {
      const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(labels.length).toBeGreaterThan(0);
      expect(parse(expr.replaceAll('$__rate_interval', '1m')).groups).toEqual(expect.arrayContaining(labels));
    }
    const variables = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
    const defined = dashboard.templating.list.map(({ name }) => name);
    expect(variables.filter((name) => !['__rate_interval', ...defined].includes(name ?? ''))).toEqual([]);
  });
});

describe('The check of the dashboard', () => {
  const series = [{ __name__: 'a_total', job: 'api', type: 'x' }];

  it.each([
    ['sum by (type) (rate(a_total{type="x", job=~".*"}[1m]))', 0],
    ['{__name__=~"(a|b)_total"}', 0],
    ['sum by (other) (a_total)', 1],
    ['b_total', 1],
    ['a_total{type="y"}', 1],
    ['a_total{other="x"}', 1],
    ['sum by (', 1],
  ])('finds the missing metric or label of %s', (query, problems) => {
    expect(problemsOf(query, series)).toHaveLength(problems);
  });
});
