// The process of one subject: it listens, and says how much CPU time it has taken whenever it is asked.

import type { AddressInfo } from 'node:net';
import { type Material, subjects } from './subjects.js';

const [id, material] = process.argv.slice(2) as [string, string];
const subject = subjects.find((candidate) => candidate.id === id);
if (subject === undefined) throw new Error(`There is no subject ${id}`);

const server = await subject.start(JSON.parse(material) as Material);
// The connections outlast the pauses between two rounds.
server.keepAliveTimeout = 3_600_000;
// And what waits for its first request, while the others are warmed up, is not to be closed.
server.headersTimeout = 0;
server.requestTimeout = 0;

process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit());
process.send?.((server.address() as AddressInfo).port);
