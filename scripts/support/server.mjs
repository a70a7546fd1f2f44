import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE = 60_000;

/**
 * Starts a command that listens on `PORT`, calls `use`, and stops the command with SIGTERM.
 * @param use receives `get(path, headers)`, which resolves to the status, the challenges and the body
 * @throws Error if the command does not listen, or if its port is still in use after it has stopped
 */
export async function withServer([command, ...args], { cwd, env = {} }, use) {
  const port = await freePort();
  const server = spawn(command, args, {
    cwd,
    env: { ...process.env, HOST: '127.0.0.1', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(server, 'exit');
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk));

  try {
    await until(async () => {
      if (server.exitCode !== null) throw new Error(`${command}: it exits with ${server.exitCode} before it listens`);
      return isTaken(port);
    }, `${command}: it does not listen on port ${port}`);
    await use((path, headers) => get(port, path, headers));
  } catch (error) {
    throw new Error(`${error.message}\n${output}`, { cause: error });
  } finally {
    server.kill('SIGTERM');
    await exit;
  }
  await until(async () => !(await isTaken(port)), `${command}: port ${port} is still in use after SIGTERM`);
}

async function until(condition, complaint) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(complaint);
    await sleep(50);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function isTaken(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function get(port, path, headers = {}) {
  const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false }).end();
  const [response] = await once(outgoing, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, challenges: response.headersDistinct['www-authenticate'] ?? [], body };
}
