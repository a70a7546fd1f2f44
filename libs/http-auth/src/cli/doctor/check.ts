import type { HttpServer, INestApplicationContext } from '@nestjs/common';
import type { RouteEntry } from '../../routes/route.entry.js';
import type { Scheme } from '../../schemes/scheme.js';

/** How important a finding is. `INFO` is for facts that the command cannot rate. */
export type Level = 'OK' | 'INFO' | 'WARN' | 'FAIL';

/** The result of a check. */
export interface Finding {
  readonly level: Level;
  /** The fact that the check has found. */
  readonly message: string;
  /** The action that solves the problem; absent if none is necessary. */
  readonly fix?: string;
}

/** A check of the set-up. Each file of this folder has one. */
export interface Check<Subject> {
  /** The name in the report. */
  readonly name: string;
  /** Checks the subject. The list has at least one finding. */
  run(subject: Subject): readonly Finding[] | Promise<readonly Finding[]>;
}

/** The files of an application. */
export interface Files {
  /** The built file that the command creates the application of. */
  readonly file: string;
}

/** A created application. */
export interface Application extends Files {
  readonly app: INestApplicationContext;
  /** The argument of the command. */
  readonly target: string;
  /** The folder of the command. */
  readonly cwd: string;
  readonly adapter: HttpServer;
  /** If `false`, only the root module is known, so the settings of `main.ts` are missing. */
  readonly isComplete: boolean;
  /** The options of CORS; `false` if CORS is not enabled. */
  readonly cors: unknown;
  readonly schemes: readonly Scheme[];
  readonly routes: readonly RouteEntry[];
  /** Warnings about routes, e.g. a public route below a protected path. */
  readonly routeWarnings: readonly string[];
  /** The option `tlsTerminated`. */
  readonly isTlsTerminated: boolean;
  /** If `true`, checks may send requests. */
  readonly isOnline: boolean;
}

/** Returns the finding for a setting of `main.ts`, if the command knows only the root module. */
export function unknownSetting(setting: string): readonly Finding[] {
  return [
    {
      level: 'INFO',
      message: `${setting} not checked, because the argument is a module and main.ts is not run`,
      fix: 'name the main file instead, e.g. dist/main.js, or a function that creates the application',
    },
  ];
}
