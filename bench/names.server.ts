// The processes of `npm run bench:names`:
//   <verifier>   listens, and knows alice, by bcrypt at its lowest cost: whatever else takes time is seen the better for it

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from '@node-rs/bcrypt';
import { AuthModule, basic, type BasicCredentials, type Verifier } from 'nestjs-http-auth';
import { htpasswd, passwords, users } from 'nestjs-http-auth/passwords';
import { alice, byHash, PASSWORD } from './applications/alice.js';
import { start } from './applications/nest.js';

const hash = hashSync(PASSWORD, 4);
const folder = mkdtempSync(join(tmpdir(), 'bench-names-'));
const file = join(folder, 'users.htpasswd');
writeFileSync(file, `alice:${hash}\n`);

const verifiers: Readonly<Record<string, Verifier<BasicCredentials>>> = {
  naive: ({ username, password }) => byHash(username, password),
  'users()': users({ alice: hash }),
  'htpasswd()': htpasswd(file),
  'passwords()': passwords((username) => (username === 'alice' ? { hash, principal: alice } : null), { decoy: hash }),
};

const verifier = verifiers[process.argv[2] as string] as Verifier<BasicCredentials>;
const server = await start('fastify', {
  imports: [AuthModule.forRoot({ realm: 'Benchmark', schemes: [basic(verifier, { limits: false })] })],
});
server.keepAliveTimeout = 3_600_000;
process.on('disconnect', () => {
  rmSync(folder, { recursive: true });
  server.close();
  process.exit();
});
process.send?.((server.address() as AddressInfo).port);
