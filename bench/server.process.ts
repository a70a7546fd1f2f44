import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of the bench's own that answers questions, one at a time. */
export class ServerProcess<Greeting = number> {
  private constructor(
    private readonly child: ChildProcess,
    /** The first thing it says: the port that it listens on, unless it is there for something else. */
    readonly greeting: Greeting,
  ) {}

  /** Starts one of the files beside this one. */
  static async launch<Greeting = number>(
    file: string,
    args: readonly string[],
    execArgv: string[] = [],
  ): Promise<ServerProcess<Greeting>> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      env: { ...process.env, NODE_ENV: 'production' },
      execArgv,
    });
    const [greeting] = (await Promise.race([once(child, 'message'), exit(child, args)])) as [Greeting];
    return new ServerProcess(child, greeting);
  }

  async ask<Answer>(question: string | number): Promise<Answer> {
    const answer = once(this.child, 'message');
    this.child.send(question);
    return ((await answer) as [Answer])[0];
  }

  /** The CPU time that it has taken so far, in microseconds. */
  async cpu(): Promise<number> {
    const { user, system } = await this.ask<NodeJS.CpuUsage>('cpu');
    return user + system;
  }

  /** Ends it, however often it is told so. */
  async stop(): Promise<void> {
    if (!this.child.connected) return;
    const end = once(this.child, 'exit');
    this.child.disconnect();
    await end;
  }
}

async function exit(child: ChildProcess, args: readonly string[]): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number];
  throw new Error(`The process of ${args[0]} exits with ${code}`);
}
