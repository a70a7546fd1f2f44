import type { Application, Check, Finding } from './check.js';
import { unknownSetting } from './check.js';

/** Which proxies may name the address of a client. */
export const proxy: Check<Application> = {
  name: 'proxies',
  run({ adapter, isComplete, isTlsTerminated }) {
    if (!isComplete) return unknownSetting('trust of proxies is');
    const isFastify = adapter.getType() === 'fastify';
    const trust = isFastify ? trustOfFastify(adapter.getInstance()) : trustOfExpress(adapter.getInstance());
    const fix = isFastify
      ? "name your proxies: new FastifyAdapter({ trustProxy: '10.0.0.0/8' })"
      : "name your proxies: app.set('trust proxy', '10.0.0.0/8')";
    if (trust === UNKNOWN) {
      return [{ level: 'INFO', message: 'the adapter is not known, so the trust of proxies is not checked', fix }];
    }
    if (typeof trust === 'function') {
      const message = 'a function decides which proxies are trusted, so they are not known';
      return [{ level: 'INFO', message, fix: 'make sure that it accepts only the addresses of your proxies' }];
    }
    if (trust === true) {
      const message =
        'every proxy is trusted, so a client can choose its own address, and has a new limit on failed logins each time';
      return [{ level: 'FAIL', message, fix }];
    }
    if (typeof trust === 'number' && trust > 0) {
      const message = `the number of trusted proxies is ${trust}, which is right if clients cannot reach the application without them`;
      return [{ level: 'OK', message }];
    }
    if (trust) return [{ level: 'OK', message: 'only named proxies are trusted' }];
    if (!isTlsTerminated) {
      return [{ level: 'INFO', message: 'no proxy is trusted, which is right if clients connect directly', fix }];
    }
    const finding: Finding = {
      level: 'WARN',
      message: 'a proxy terminates TLS (tlsTerminated), but no proxy is trusted, so all clients have its address',
      fix,
    };
    return [finding];
  },
};

/** The trust of an instance that the command cannot read. */
const UNKNOWN = Symbol('unknown');

function trustOfExpress(instance: unknown): unknown {
  const { settings } = Object(instance) as { readonly settings?: Readonly<Record<string, unknown>> };
  return settings === undefined ? UNKNOWN : settings['trust proxy'];
}

/** Fastify keeps its options in a property whose symbol it does not export. */
function trustOfFastify(instance: object): unknown {
  const key = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.options');
  if (key === undefined) return UNKNOWN;
  return (instance as Record<symbol, { readonly trustProxy?: unknown }>)[key]?.trustProxy;
}
