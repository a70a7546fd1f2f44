import { insecureServers } from '../../tokens/allow.insecure.http.js';
import type { Application, Check } from './check.js';

/** The servers that the application trusts without TLS. */
export const insecureHttp: Check<Application> = {
  name: 'plain HTTP',
  run() {
    const servers = insecureServers();
    if (servers.length === 0) return [{ level: 'OK', message: 'no verifier sets allowInsecureHttp' }];
    return servers.map((server) => ({
      level: 'WARN',
      message: `allowInsecureHttp is set for ${server}, so who can change the traffic can forge tokens`,
      fix: 'use https outside of a network that you trust',
    }));
  },
};
