import { nameOf, PASSWORD, TOKEN } from './applications/alice.js';
import { Load, requestBytes } from './load.js';
import { type Row, USERS } from './rows.js';
import { ServerProcess } from './server.process.js';
import type { Group, Material, Subject } from './subjects.js';
import type { Issuer } from './tokens.js';

/**
 * Most of the time a process waits for its turn, and V8 uses that to shrink its heap, which it then has to grow again: thousands of page
 * faults a turn, that no server has which is under load all the time.
 */
const ALWAYS_BUSY = ['--no-memory-reducer', '--min-semi-space-size=16'];

/**
 * V8 compiles a function once it was called 3000 times, and again when what it calls was, which goes on for 20,000 requests; so it is told
 * to do so sooner. Node 20 has other options for that.
 */
const EARLY = ['--invocation-count-for-maglev=100', '--invocation-count-for-turbofan=500'];
const FLAGS = Number.parseInt(process.versions.node, 10) < 24 ? ALWAYS_BUSY : [...ALWAYS_BUSY, ...EARLY];

/**
 * How many plain requests a slice is worth: some two milliseconds. A shared machine leaves a process alone for so long now and then,
 * and not for much longer; and what is less cannot be told from the steps of the clock.
 */
const SLICE: Readonly<Record<Group, number>> = { 'nest-express': 25, express: 25, 'nest-fastify': 50, fastify: 75 };

/** How many slices of the load a process answers when it is its turn: the first ones are slow, as others were at work before. */
const TURN = 12;

/** How many requests of a row that takes long are sent at once: some for each connection. */
const BATCH = 24;

/** How many of those batches a turn has: they last longer than slices, and none of them would be more exact for more of them. */
const BATCHES = 3;

/** A subject while the process of its application runs, under load from this one. */
export class SubjectProcess {
  private constructor(
    readonly subject: Subject,
    private readonly server: ServerProcess,
    private readonly load: Load,
    private readonly next: () => Buffer,
  ) {}

  /** Starts the application that all of these subjects are of. */
  static async launch(of: readonly Subject[], material: Material, issuer: Issuer): Promise<SubjectProcess[]> {
    const [{ application }] = of as [Subject];
    const server = await ServerProcess.launch('server.js', [application, JSON.stringify(material)], FLAGS);
    const start = async (subject: Subject) =>
      new SubjectProcess(subject, server, await Load.on(server.greeting), requests(subject.row, issuer));
    return Promise.all(of.map(start));
  }

  /** Sends as many requests as are worth `count` plain ones. */
  async run(count: number): Promise<void> {
    const { row } = this.subject;
    try {
      await this.load.send(Math.ceil(count / row.weight), this.next, row.status);
    } catch (error) {
      throw new Error(`${this.subject.id} does not answer as it should`, { cause: error });
    }
  }

  /** Takes a turn. Returns the CPU time that the server takes for one request, in microseconds, of each slice of the load. */
  turn(): Promise<number[]> {
    const { group, row } = this.subject;
    return row.weight === 1 ? this.slices(SLICE[group]) : this.batches();
  }

  private async slices(size: number): Promise<number[]> {
    await this.server.ask(size);
    await this.run(size * TURN);
    return this.server.ask<number[]>(size);
  }

  /**
   * Slices between which the server has nothing to do. What other threads do for a request, such as a hash, falls into any slice near
   * it, so that the fastest ones would be those that had left it to the others.
   */
  private async batches(): Promise<number[]> {
    const found: number[] = [];
    /* oxlint-disable no-await-in-loop -- one after the other */
    for (let batch = 0; batch < BATCHES; batch++) {
      const before = await this.server.cpu();
      await this.run(BATCH * this.subject.row.weight);
      const cost = ((await this.server.cpu()) - before) / BATCH;
      found.push(Math.round(cost * 100) / 100);
    }
    /* oxlint-enable no-await-in-loop */
    return found;
  }

  async stop(): Promise<void> {
    this.load.close();
    await this.server.stop();
  }
}

/** Makes the requests of a row, one after the other. */
function requests({ path, credentials }: Row, issuer: Issuer): () => Buffer {
  const always = (authorization?: string) => {
    const bytes = requestBytes(path, authorization);
    return () => bytes;
  };
  const inTurns = (of: (user: number) => string) => {
    const all = Array.from({ length: USERS }, (_, user) => requestBytes(path, of(user)));
    let turn = 0;
    return () => all[turn++ % USERS] as Buffer;
  };
  switch (credentials.kind) {
    case 'none':
      return always();
    case 'basic': {
      const of = (username: string) =>
        `Basic ${Buffer.from(`${username}:${credentials.wrong ? 'looking-glass' : PASSWORD}`).toString('base64')}`;
      return credentials.turns ? inTurns((user) => of(nameOf(user))) : always(of('alice'));
    }
    case 'bearer':
      return always(`Bearer ${TOKEN}`);
    case 'jwt':
    default:
      if (credentials.turns) return inTurns(() => `Bearer ${issuer.issue(credentials.algorithm)}`);
      return credentials.fresh
        ? () => requestBytes(path, `Bearer ${issuer.issue(credentials.algorithm)}`)
        : always(`Bearer ${issuer.issue(credentials.algorithm)}`);
  }
}
