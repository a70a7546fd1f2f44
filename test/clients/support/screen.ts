import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './run.js';

/** A virtual screen with a keyboard. */
export interface Screen {
  /** The environment that a program needs to appear on the screen. */
  readonly env: Record<string, string>;
  /** Returns rows of pixels, 4 bytes each: blue, green, red, unused. Waits until the rows stop changing. */
  capture(top: number, bottom: number): Promise<Buffer>;
  /** Returns `true` if there is a window. */
  present(): Promise<boolean>;
  /** Focuses the only window. Returns `false` if there is no window yet. */
  focus(): Promise<boolean>;
  /** Types a string, or presses a key by its name. */
  press(how: 'type' | 'key', what: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a screen of 1024 by 768 pixels. */
export async function startScreen(): Promise<Screen> {
  const folder = await mkdtemp(join(tmpdir(), 'screen-'));
  const server = spawn(
    'Xvfb',
    ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-fbdir', folder],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const exit = once(server, 'exit');
  const [display] = (await once(createInterface(server.stdout), 'line')) as [string];
  const env = { DISPLAY: `:${display}` };
  const look = async (top: number, bottom: number) => rowsOf(await readFile(join(folder, 'Xvfb_screen0')), top, bottom);
  const capture = async (top: number, bottom: number) => {
    let last = await look(top, bottom);
    for (let same = 0; same < 3;) {
      await sleep(50);
      const now = await look(top, bottom);
      same = now.equals(last) ? same + 1 : 0;
      last = now;
    }
    return last;
  };
  const windows = async () => {
    const { stdout } = await run('xdotool', ['search', '--onlyvisible', '--name', '.'], env);
    return stdout.split('\n').filter((id) => id !== '');
  };
  return {
    env,
    capture,
    present: async () => (await windows()).length > 0,
    focus: async () => {
      const [window] = await windows();
      if (window === undefined) return false;
      await xdotool(env, 'windowfocus', '--sync', window);
      return true;
    },
    press: async (how, what) => {
      // xdotool assigns a key to such a letter only while it runs, so the delay gives the window time to read the key.
      const delay = /^[ -~]*$/.test(what) ? '30' : '500';
      await xdotool(env, how, ...(how === 'type' ? ['--delay', delay, what] : [what]));
    },
    close: async () => {
      server.kill();
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function xdotool(env: Record<string, string>, ...args: string[]): Promise<void> {
  const { code, stderr } = await run('xdotool', args, env);
  if (code !== 0) throw new Error(`xdotool ${args[0]}: ${stderr}`);
}

/**
 * Returns some rows of an X window dump. A pixel has 32 bits: blue, green, red, unused. The dump has a header of
 * big-endian numbers and a table of colors before its pixels.
 */
function rowsOf(dump: Buffer, top: number, bottom: number): Buffer {
  const header = (index: number) => dump.readUInt32BE(index * 4);
  const [headerSize, bytesPerLine, colours] = [header(0), header(12), header(19)];
  const start = headerSize + colours * 12;
  return dump.subarray(start + top * bytesPerLine, start + bottom * bytesPerLine);
}
