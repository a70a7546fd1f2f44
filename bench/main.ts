// npm run bench                      measures everything, in at most 45 minutes on two cores, and writes the report
// npm run bench -- --quick           the same in five minutes, but for some algorithms of tokens, with wide intervals
// npm run bench -- --adapter <name>  measures express or fastify alone, and leaves the results of the other one as they are
// npm run bench -- --only <pattern>  measures the subjects that match, e.g. 'fastify .* basic$', and only prints what it finds
// npm run bench -- --minutes <n>     takes so long, or --launches <n> starts each process so often
// npm run bench -- --report          measures nothing, and writes the report of the results that there are
// npm run bench -- --check           beside any of these: prints the bars that are missed, and fails if there are any

import { parseArgs } from 'node:util';
import { Analysis, verdict } from './analysis.js';
import { measure, plans, title } from './campaign.js';
import { readJson, writeJson, writeReport } from './files.js';
import { cell, interval } from './report.js';
import type { Results } from './results.js';
import { adapterOf, type Subject, subjects } from './subjects.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    adapter: { type: 'string' },
    only: { type: 'string' },
    minutes: { type: 'string' },
    launches: { type: 'string' },
  },
});

const before = readJson('results.json');
const measured = options.report ? before : await run();
if (measured === undefined) throw new Error('There are no results yet: npm run bench makes them');
const results =
  options.adapter === undefined ? measured : { ...measured, heats: { ...before?.heats, ...measured.heats } };
const analysis = new Analysis(results);
print(analysis);
if (options.only === undefined) {
  writeJson('results.json', results);
  writeReport(results, analysis);
}
if (options.check) check(analysis);

function run(): Promise<Results> {
  const mode = options.quick ? 'quick' : 'full';
  const planned = plans[mode];
  const { minutes = planned.minutes, launches = planned.launches, adapter, only = '' } = options;
  const plan = { ...planned, minutes: Number(minutes), launches: Number(launches) };
  const pattern = new RegExp(only, 'i');
  const isChosen = (subject: Subject) =>
    (adapter === undefined || adapterOf(subject) === adapter) && pattern.test(subject.id) && plan.takes(subject);
  const chosen = subjects.filter(isChosen);
  if (chosen.length === 0) throw new Error('No subject is called so');
  return measure(chosen, plan, mode, (text) => console.error(text));
}

function print({ findings, bars, doubts }: Analysis): void {
  console.table(
    findings.map(({ subject, micros, toUnguarded, toFloor }) => ({
      subject: subject.id,
      'µs/request': Math.round(micros * 10) / 10,
      'of no guard': interval(toUnguarded),
      'of the floor': toFloor === undefined ? '' : interval(toFloor),
    })),
  );
  console.table(
    bars.map((bar) => ({
      bar: `${title(bar.group)}: ${bar.text}`,
      limit: cell(bar.limit),
      found: interval(bar.found),
      verdict: verdict(bar),
    })),
  );
  for (const doubt of doubts) console.error(`Beware: ${doubt}`);
}

function check({ bars }: Analysis): void {
  for (const state of ['missed', 'not shown'] as const) {
    for (const bar of bars.filter((each) => verdict(each) === state)) {
      console.error(`${state}: ${title(bar.group)}: ${bar.text}: ${interval(bar.found)}, bar ${cell(bar.limit)}`);
      if (state === 'missed') process.exitCode = 1;
    }
  }
}
