import { parseArgs } from 'node:util';
import { HttpAdapterHost } from '@nestjs/core';
import { RouteReport } from '../../routes/route.report.js';
import { TLS_TERMINATED } from '../../schemes/clear.text.js';
import { SchemeRegistry } from '../../schemes/scheme.registry.js';
import { createApplication, fileOf, MissingModuleError, provided } from '../application.js';
import { CliError } from '../cli.error.js';
import { redactText, redactUrls } from '../redact.text.js';
import type { Application, Check, Files, Finding, Level } from './check.js';
import { copies } from './copies.check.js';
import { cors } from './cors.check.js';
import { insecureHttp } from './http.check.js';
import { issuers } from './issuers.check.js';
import { limits } from './limits.check.js';
import { passwords } from './passwords.check.js';
import { proxy } from './proxy.check.js';
import { routes } from './routes.check.js';
import { tls } from './tls.check.js';
import { versions } from './versions.check.js';

/** The checks of the files, in the order of the report. If one of them fails, the application is not created. */
const OF_FILES: readonly Check<Files>[] = [versions, copies];

/** The checks of the created application, in the order of the report. */
const OF_APPLICATION: readonly Check<Application>[] = [
  routes,
  proxy,
  cors,
  tls,
  passwords,
  limits,
  insecureHttp,
  issuers,
];

const OPTIONS = { json: { type: 'boolean' }, online: { type: 'boolean' } } as const;

/** A finding with the name of its check. */
type Entry = Finding & { readonly check: string };

/** The report of the command. */
export interface Report {
  readonly text: string;
  /** If `true`, a check has failed. */
  readonly failed: boolean;
}

/**
 * Checks the set-up of an application.
 *
 * @throws CliError if the arguments are invalid, or if the file does not exist
 */
export async function doctorCommand(args: readonly string[], cwd: string): Promise<Report> {
  const { target, json, online } = parse(args);
  const files = { file: fileOf(target, cwd) };
  const entries = await runAll(OF_FILES, files);
  if (!entries.some(({ level }) => level === 'FAIL')) {
    const application = await create(target, cwd, online);
    if ('level' in application) entries.push({ check: 'startup', ...application });
    else {
      entries.push({ check: 'startup', level: 'OK', message: 'the application can be created' });
      entries.push(...(await runAll(OF_APPLICATION, { ...files, ...application })));
    }
  }
  const clean = entries.map(({ check, level, message, fix }): Entry => {
    return { check, level, message: redactUrls(message), ...(fix !== undefined && { fix }) };
  });
  const failed = clean.some(({ level }) => level === 'FAIL');
  return { text: json ? JSON.stringify(clean, null, 2) : textOf(clean), failed };
}

function parse(args: readonly string[]) {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(`nestjs-http-auth doctor: ${(error as Error).message.split('. ', 1)[0]}; see --help`);
  }
  const { values, positionals } = parsed;
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) {
    throw new CliError('nestjs-http-auth doctor: the argument must be one file, e.g. dist/main.js; see --help');
  }
  return { target, json: values.json ?? false, online: values.online ?? false };
}

async function runAll<Subject>(checks: readonly Check<Subject>[], subject: Subject): Promise<Entry[]> {
  const all = checks.map(async (check) => {
    const findings = await check.run(subject);
    return findings.map((finding): Entry => ({ check: check.name, ...finding }));
  });
  return (await Promise.all(all)).flat();
}

/** Creates the application. Returns a finding if this is not possible. */
async function create(
  target: string,
  cwd: string,
  isOnline: boolean,
): Promise<Omit<Application, keyof Files> | Finding> {
  try {
    const { app, isComplete, cors: options } = await createApplication(target, cwd);
    const report = provided(app, RouteReport, target);
    return {
      app,
      target,
      cwd,
      isComplete,
      isOnline,
      cors: options,
      adapter: provided(app, HttpAdapterHost, target).httpAdapter,
      schemes: provided(app, SchemeRegistry, target).all,
      routes: report.routes(),
      routeWarnings: report.warnings(),
      isTlsTerminated: provided<boolean>(app, TLS_TERMINATED, target),
    };
  } catch (error) {
    if (error instanceof CliError && error.cause === undefined && !(error instanceof MissingModuleError)) throw error;
    const cause = error instanceof CliError ? (error.cause ?? error) : error;
    const { code } = Object(cause) as { readonly code?: unknown };
    // Nest explains an error of dependency injection on many lines. The first one names the provider.
    const [first = ''] = redactText(cause instanceof Error ? cause.message : String(cause)).split('\n');
    return {
      level: 'FAIL',
      message: typeof code === 'string' ? `${code}: ${first}` : first,
      fix: 'correct this first; the page "Fix errors" of the guide lists the codes',
    };
  }
}

function textOf(entries: readonly Entry[]): string {
  const width = Math.max(...entries.map(({ check }) => check.length));
  const lines = entries.flatMap(({ check, level, message, fix }) => [
    `${level.padEnd(4)}  ${check.padEnd(width)}  ${message}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 8)}-> ${fix}`]),
  ]);
  const count = (wanted: Level) => entries.filter(({ level }) => level === wanted).length;
  return [...lines, '', `failed: ${count('FAIL')}, warnings: ${count('WARN')}`].join('\n');
}
