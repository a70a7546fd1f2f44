import type { Launch, Welch } from './statistics.js';

/** What a campaign finds. */
export interface Results {
  readonly environment: Environment;
  /** CPU time for one request, in microseconds: for each heat, for each subject in it, by launch. */
  readonly heats: Readonly<Record<string, Readonly<Record<string, readonly Launch[]>>>>;
}

/** Where the results are from. */
export interface Environment {
  readonly date: string;
  readonly mode: string;
  readonly node: string;
  readonly cpu: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** What single calls cost. */
export interface MicroResults {
  readonly calls: readonly { readonly name: string; readonly nanoseconds: number; readonly bytes: number }[];
}

/** What grows with an application. */
export interface ScaleResults {
  readonly boot: readonly {
    readonly adapter: string;
    readonly routes: number;
    readonly unguarded: Boot;
    readonly library: Boot;
  }[];
  readonly users: readonly {
    readonly adapter: string;
    readonly scheme: string;
    /** CPU time for one request, in microseconds: of one principal, and of 100,000 of them. */
    readonly one: number;
    readonly all: number;
    /** The heap in use, in megabytes: before all of those, and after them. */
    readonly before: number;
    readonly after: number;
  }[];
  readonly bcrypt: readonly {
    readonly adapter: string;
    readonly contender: string;
    /** The 99th percentile of the event loop's delay, in milliseconds. */
    readonly idle: number;
    readonly busy: number;
  }[];
  readonly shared: readonly SharedResults[];
}

/** What it costs where processes share one Redis. */
export interface SharedResults {
  readonly adapter: string;
  readonly processes: number;
  /** CPU time of the processes for one request, in microseconds: with a good password, and with one that is counted as wrong. */
  readonly good: number;
  readonly wrong: number;
  /** CPU time of Redis for one wrong password, in microseconds. */
  readonly redis: number;
}

/** Whether time tells which users there are. */
export interface NamesResults {
  readonly pairs: number;
  /** The part of the timings that is compared: the fastest. */
  readonly kept: number;
  readonly tests: readonly ({
    readonly verifier: string;
    /** The mean time of an answer, in microseconds: to a user there is, and to one there is not. */
    readonly known: number;
    readonly unknown: number;
  } & Welch)[];
}

/** A boot, the median of several. */
export interface Boot {
  readonly milliseconds: number;
  readonly megabytes: number;
}
