// The process of one application: it listens, and is told how many requests a slice of the load has; when it is told the next time, it says
// what each slice took since. It says as well what CPU time it has taken so far.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Slices } from './slices.js';
import { type Material, subjects } from './subjects.js';

const [application, material] = process.argv.slice(2) as [string, string];
const subject = subjects.find((candidate) => candidate.application === application);
if (subject === undefined) throw new Error(`There is no application ${application}`);

const server = await subject.start(JSON.parse(material) as Material);
// The connections outlast the pauses between two rounds.
server.keepAliveTimeout = 3_600_000;
// And what waits for its first request, while the others are warmed up, is not to be closed.
server.headersTimeout = 0;
server.requestTimeout = 0;

const slices = new Slices();
// A listener would be one among the framework's and the library's, and make them slower by its being there.
const { emit } = server as { emit: (this: Server, ...args: unknown[]) => boolean };
server.emit = (...args: unknown[]) => {
  if (args[0] === 'request') slices.count();
  return emit.apply(server, args);
};

process.on('message', (question: 'cpu' | number) => {
  process.send?.(question === 'cpu' ? process.cpuUsage() : slices.begin(question));
});
process.on('disconnect', () => process.exit());
process.send?.((server.address() as AddressInfo).port);
