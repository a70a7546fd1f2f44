import type { Results } from './results.js';
import { allRows, jwtRows, type Row } from './rows.js';
import { type Estimate, estimate, type Launch, seeded, undisturbed } from './statistics.js';
import {
  adapterOf,
  floorOf,
  floors,
  type Group,
  isFloor,
  LIBRARY,
  type Subject,
  subjects,
  unguardedOf,
} from './subjects.js';

/** A subject with what was found of it. */
export interface Finding {
  readonly subject: Subject;
  /** CPU time for one request, in microseconds, while nobody else is in the way. */
  readonly micros: number;
  /** The ratio to the unguarded route of the same framework. */
  readonly toUnguarded: Estimate;
  /** The ratio to the least guard that answers so, asked with the same credentials. Bare frameworks have none. */
  readonly toFloor: Estimate | undefined;
}

/** Something that this library must keep to. */
export interface Bar {
  readonly text: string;
  readonly group: Group;
  readonly limit: number;
  readonly found: Estimate;
}

export type Verdict = 'met' | 'missed' | 'not shown';

/** A bar is missed where the whole interval is above it, and met where the whole interval is not. */
export function verdict({ limit, found }: Pick<Bar, 'limit' | 'found'>): Verdict {
  if (found.low > limit) return 'missed';
  return found.high <= limit ? 'met' : 'not shown';
}

/** Which bars a row of this library has beside those of its peers, on either adapter: what it may take of its floor. */
const LIMITS: Readonly<Record<string, number>> = {
  public: 1.02,
  basic: 1.05,
  bearer: 1.05,
  two: 1.05,
  'bcrypt-remembered': 1.1,
  '401-missing': 1,
  '401-wrong': 1,
  '401-two': 1,
  ...Object.fromEntries(jwtRows.filter(({ credentials }) => !credentials.fresh).map(({ id }) => [id, 1.1])),
};

/** How far the ends of an interval should be from its middle at most, as a part of it. */
const PRECISION = 0.03;

/** What the results say. */
export class Analysis {
  readonly findings: readonly Finding[];
  readonly bars: readonly Bar[];
  private readonly random = seeded(1);

  constructor(private readonly results: Results) {
    const measured = subjects.filter((subject) => this.launches(subject) !== undefined);
    this.findings = measured.map((subject) => this.find(subject));
    this.bars = [...this.limits(), ...this.comparisons()];
  }

  /** What was measured of a subject. */
  private launches(subject: Subject): readonly Launch[] | undefined {
    return this.results.heats[adapterOf(subject)]?.[subject.id];
  }

  /** What `of` makes of the costs of a subject and others of its heat, all of them from the same launches. */
  private estimate(subject: Subject, of: (cost: (subject: Subject) => number) => number): Estimate {
    const launches = (each: Subject) => this.launches(each) as readonly Launch[];
    const asked = (drawn: readonly number[]) =>
      of((each) => undisturbed(drawn.map((launch) => launches(each)[launch] as Launch)));
    return estimate(launches(subject).length, asked, this.random);
  }

  private find(subject: Subject): Finding {
    const to = (base: Subject) => this.estimate(subject, (cost) => cost(subject) / cost(base));
    const floor = floorOf(subject);
    // Results of a part of the subjects, or of others, may have no such floor.
    const hasFloor = subject.group.startsWith('nest-') && this.launches(floor) !== undefined;
    return {
      subject,
      micros: undisturbed(this.launches(subject) as readonly Launch[]),
      toUnguarded: to(unguardedOf(subject.group)),
      toFloor: hasFloor ? to(floor) : undefined,
    };
  }

  private limits(): Bar[] {
    return this.findings.flatMap(({ subject, toFloor }) => {
      const { contender, group, row } = subject;
      const limit = LIMITS[row.id];
      if (contender !== LIBRARY || toFloor === undefined || limit === undefined) return [];
      return [{ text: `${row.title}, of the ${floorOf(subject).contender}`, group, limit, found: toFloor }];
    });
  }

  /** Each row beside that of each peer. */
  private comparisons(): Bar[] {
    return this.findings.flatMap(({ subject: ours }) => {
      if (ours.contender !== LIBRARY) return [];
      const peers = this.findings.filter(
        ({ subject }) =>
          subject.row.id === ours.row.id &&
          subject.contender !== LIBRARY &&
          !isFloor(subject) &&
          adapterOf(subject) === adapterOf(ours),
      );
      return peers.map(({ subject: peer }) => ({
        text: `${ours.row.title}, of ${peer.contender}`,
        group: ours.group,
        limit: 1,
        found: this.compare(ours, peer),
      }));
    });
  }

  private compare(ours: Subject, peer: Subject): Estimate {
    if (ours.group === peer.group) return this.estimate(ours, (cost) => cost(ours) / cost(peer));
    // A peer without Nest adds so much to its own unguarded route: that is compared with the same on ours.
    const [from, to] = [unguardedOf(peer.group), unguardedOf(ours.group)];
    return this.estimate(ours, (cost) => cost(ours) / (cost(to) + cost(peer) - cost(from)));
  }

  /** What speaks against the results themselves. */
  get doubts(): readonly string[] {
    const twins = this.findings.filter(({ subject }) => subject.contender === floors.twin);
    const unequal = twins.flatMap(({ subject: { group }, toFloor }) => {
      if (toFloor === undefined || (toFloor.low <= 1 && toFloor.high >= 1)) return [];
      const off = `${toFloor.value.toFixed(3)} (${toFloor.low.toFixed(3)} – ${toFloor.high.toFixed(3)})`;
      return [`two equal guards differ by a ratio of ${off} in ${group}: no verdict there can be trusted`];
    });
    const wide = this.bars.filter(({ found: { value, low, high } }) => high - low > 2 * PRECISION * value).length;
    const vague = `${wide} of ${this.bars.length} intervals are wider than ±${PRECISION * 100} %`;
    return wide === 0 ? unequal : [...unequal, vague];
  }

  /** The findings of one adapter, bare or under Nest: the floors, and then row by row, this library first. */
  table(adapter: 'express' | 'fastify'): { readonly row: Row; readonly findings: readonly Finding[] }[] {
    const here = this.findings.filter(({ subject }) => adapterOf(subject) === adapter && !isFloor(subject));
    return allRows
      .map((row) => ({ row, findings: here.filter(({ subject }) => subject.row.id === row.id) }))
      .filter(({ findings }) => findings.length > 0);
  }

  /** The floors of one adapter. */
  floors(adapter: 'express' | 'fastify'): readonly Finding[] {
    return this.findings.filter(({ subject }) => adapterOf(subject) === adapter && isFloor(subject));
  }
}
