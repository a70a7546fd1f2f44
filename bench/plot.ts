import type { Analysis, Finding } from './analysis.js';
import { LIBRARY } from './subjects.js';

const WIDTH = 860;
const LABELS = 330;
const RIGHT = 110;
const LINE = 17;
const HEAD = 24;
const TOP = 42;
const TICKS = [1, 1.5, 2, 3, 5, 10, 20, 40];

/** The rows of one adapter as a dot plot: the ratio to the unguarded route with its interval, on a logarithmic axis. */
export function plot(adapter: 'express' | 'fastify', analysis: Analysis): string {
  const table = analysis.table(adapter);
  const highest = Math.max(2, ...table.flatMap(({ findings }) => findings.map(({ toUnguarded }) => toUnguarded.high)));
  const ticks = TICKS.slice(0, TICKS.findIndex((tick) => tick >= highest) + 1 || TICKS.length);
  const last = Math.max(highest, ticks.at(-1) ?? 2);
  const x = (ratio: number) =>
    (LABELS + ((WIDTH - LABELS - RIGHT) * Math.log(Math.max(ratio, 0.9) / 0.9)) / Math.log(last / 0.9)).toFixed(1);

  let y = TOP;
  const marks: string[] = [];
  for (const { row, findings } of table) {
    y += HEAD;
    marks.push(`<text class="row" x="12" y="${y}">${escape(row.title.replaceAll('`', ''))}</text>`);
    for (const finding of findings) marks.push(mark(finding, (y += LINE), x));
  }
  const height = y + 20;
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${height - 10}"/>` +
      `<text class="tick" x="${x(tick)}" y="${TOP - 6}">${tick}</text>`,
  );
  const name = adapter === 'express' ? 'Express' : 'Fastify';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui,sans-serif" font-size="12">
<title>CPU time of a request on ${name}, as a multiple of the route without a guard</title>
<style>
svg{background:#fff;--ink:#1f2328;--faint:#d1d9e0;--peer:#6e7781;--ours:#0969da}
@media(prefers-color-scheme:dark){svg{background:#0d1117;--ink:#e6edf3;--faint:#30363d;--peer:#9198a1;--ours:#4493f8}}
text{fill:var(--ink)}.row{font-weight:600}.head{font-weight:600;font-size:14px}.tick{text-anchor:middle;font-size:11px}
.grid{stroke:var(--faint)}.peer{fill:var(--peer);stroke:var(--peer)}.ours{fill:var(--ours);stroke:var(--ours)}
</style>
<text class="head" x="12" y="24">${name}: CPU time, × no guard</text>
${[...grid, ...marks].join('\n')}
</svg>
`;
}

function mark(
  { subject, toUnguarded: { value, low, high } }: Finding,
  y: number,
  x: (ratio: number) => string,
): string {
  const kind = subject.contender === LIBRARY ? 'ours' : 'peer';
  const middle = y - 4;
  const bare = subject.group.startsWith('nest-') ? '' : ', without Nest';
  return (
    `<text x="28" y="${y}">${escape(subject.contender)}${bare}</text>` +
    `<line class="${kind}" stroke-width="2" x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}"/>` +
    `<circle class="${kind}" cx="${x(value)}" cy="${middle}" r="4"/>` +
    `<text x="${WIDTH - RIGHT + 20}" y="${y}">${value.toFixed(2)}</text>`
  );
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
