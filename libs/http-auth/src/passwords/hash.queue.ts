import { availableParallelism } from 'node:os';
import { type HttpRequest, isGone } from '../http/request.js';
import { addressOf, networkOf } from '../limits/address.js';
import { hasLoggedIn } from '../limits/familiar.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';

/** Milliseconds that a hash may wait. Then the client gets 503, and may try again. */
const PATIENCE = 4000;

/** After this number of users who logged in before, another one gets a turn. */
const IN_A_ROW = 3;

/** The maximum number of hashes that wait. */
const CAPACITY = 1000;

/**
 * Returns the number of hashes that run at the same time. The event loop keeps a core, or static files would wait for the hashes.
 * libuv's pool keeps a thread, because files and DNS need it.
 */
export function parallelHashes(cores: number, pool: number): number {
  return Math.max(1, Math.min(cores - 1, pool - 1));
}

/** The client disconnected before its password was hashed. */
export class ClientGoneException extends VerifierUnavailableException {}

/** A hash that waits. */
interface Waiting {
  readonly request: HttpRequest;
  readonly start: () => void;
  readonly reject: (error: Error) => void;
}

/** The hashes that wait, by the network of their clients. Each network gets one turn after the other. */
type Line = Map<string, Waiting[]>;

/**
 * Limits the hashes of a process. The other hashes wait in a line, in which every network of clients gets the same share. A
 * user who logged in from the same address before comes first, but three of four turns at most. If a client disconnects, its hash is not computed.
 */
export class HashQueue {
  private running = 0;
  private size = 0;
  private inARow = 0;
  private readonly first: Line = new Map();
  private readonly others: Line = new Map();

  constructor(
    private readonly max: number = parallelHashes(
      availableParallelism(),
      Number(process.env['UV_THREADPOOL_SIZE']) || 4,
    ),
    private readonly patience: number = PATIENCE,
    private readonly capacity: number = CAPACITY,
  ) {}

  /**
   * Computes a hash as soon as it has its turn.
   *
   * @param deadline the time until which it may wait; see {@link deadline}
   * @throws VerifierUnavailableException if too many hashes wait, or if the hash has waited too long
   * @throws ClientGoneException if the client has disconnected
   */
  async run<T>(request: HttpRequest, compute: () => Promise<T>, deadline = this.deadline()): Promise<T> {
    if (isGone(request)) throw new ClientGoneException('The client has disconnected', 1);
    if (this.running < this.max) this.running++;
    else await this.turn(request, deadline);
    try {
      return await compute();
    } finally {
      this.pass();
    }
  }

  /** Returns the time until which a hash of a request that arrives now may wait, as `performance.now()`. */
  deadline(): number {
    return performance.now() + this.patience;
  }

  /** Waits for a turn. The hash that ends passes its place on, so `running` does not change. */
  private turn(request: HttpRequest, deadline: number): Promise<void> {
    const line = hasLoggedIn(request) ? this.first : this.others;
    const network = networkOf(addressOf(request));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        request,
        start: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.remove(line, network, waiting);
        reject(tooMany());
      }, deadline - performance.now());
      line.set(network, [...(line.get(network) ?? []), waiting]);
      this.size++;
      if (this.size > this.capacity) this.shorten();
    });
  }

  /** Passes the place of a hash that has ended to the next one. */
  private pass(): void {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      if (!isGone(next.request)) return next.start();
      next.reject(new ClientGoneException('The client has disconnected', 1));
    }
    this.running--;
  }

  private next(): Waiting | undefined {
    const isFirst = this.first.size > 0 && (this.inARow < IN_A_ROW || this.others.size === 0);
    this.inARow = isFirst ? this.inARow + 1 : 0;
    const line = isFirst ? this.first : this.others;
    const [entry] = line;
    if (entry === undefined) return undefined;
    const [network, [next, ...rest]] = entry;
    this.size--;
    // The network goes to the end of the line.
    line.delete(network);
    if (rest.length > 0) line.set(network, rest);
    return next;
  }

  /** Removes the last hash of the network that has the most of them. If there are several, the last one is removed. */
  private shorten(): void {
    const line = this.others.size > 0 ? this.others : this.first;
    const [network, all] = [...line].reduce((most, one) => (one[1].length >= most[1].length ? one : most));
    const last = all.at(-1) as Waiting;
    this.remove(line, network, last);
    last.reject(tooMany());
  }

  private remove(line: Line, network: string, waiting: Waiting): void {
    const rest = (line.get(network) ?? []).filter((one) => one !== waiting);
    this.size--;
    if (rest.length > 0) line.set(network, rest);
    else line.delete(network);
  }
}

function tooMany(): VerifierUnavailableException {
  return new VerifierUnavailableException('Too many passwords are being verified', 1);
}
