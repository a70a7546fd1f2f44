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
    if (trust === true) {
      const message =
        'every proxy is trusted, so a client can choose its own address, and has a new limit on failed logins each time';
      return [{ level: 'FAIL', message, fix }];
    }
    if (trust !== undefined && trust !== false) return [{ level: 'OK', message: 'only named proxies are trusted' }];
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

function trustOfExpress(instance: unknown): unknown {
  return (instance as { get(setting: string): unknown }).get('trust proxy');
}

/** Fastify keeps its options in a property whose symbol it does not export. */
function trustOfFastify(instance: object): unknown {
  const key = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.options');
  if (key === undefined) return undefined;
  return (instance as Record<symbol, { readonly trustProxy?: unknown }>)[key]?.trustProxy;
}
