import { Server as TlsServer } from 'node:tls';
import { offersBasic } from '../../schemes/clear.text.js';
import type { Application, Check } from './check.js';
import { unknownSetting } from './check.js';

/** If passwords are encrypted on the network (RFC 7617 section 4). */
export const tls: Check<Application> = {
  name: 'TLS',
  run({ adapter, isComplete, isTlsTerminated, schemes }) {
    if (adapter.getHttpServer() instanceof TlsServer) return [{ level: 'OK', message: 'the server uses HTTPS' }];
    if (isTlsTerminated) return [{ level: 'OK', message: 'a proxy terminates TLS (tlsTerminated)' }];
    if (!isComplete) return unknownSetting('TLS is');
    const fix = 'use HTTPS, or set tlsTerminated: true if a proxy terminates TLS';
    const basic = schemes.find(offersBasic);
    if (basic === undefined) return [{ level: 'INFO', message: 'the server uses plain HTTP', fix }];
    return [
      { level: 'WARN', message: 'Basic is offered over plain HTTP, so passwords can be read on the network', fix },
    ];
  },
};
