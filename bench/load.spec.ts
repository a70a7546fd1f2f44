import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Load, requestBytes } from './load.js';

const request = requestBytes('/', 'Basic YTpi');
const answer = (status: string, body: string) => `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('The load', () => {
  let server: Server;
  let load: Load;
  const sockets = new Set<Socket>();

  /** A server that is told of each request, and how many came before it. */
  async function serve(of: (socket: Socket, received: number) => unknown, connections = 1): Promise<Load> {
    server = createServer((socket) => {
      sockets.add(socket);
      let received = 0;
      socket.on('data', (chunk) => {
        expect(chunk).toEqual(request);
        of(socket, received++);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (load = await Load.on((server.address() as AddressInfo).port, connections));
  }

  afterEach(async () => {
    load.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    server.close();
    await once(server, 'close');
  });

  it('sends as many requests as it is told, one after the other on each connection', async () => {
    const open = new Map<Socket, number>();
    let count = 0;
    const sent = await serve((socket) => {
      expect(open.get(socket) ?? 0).toBe(0);
      open.set(socket, 1);
      count++;
      setImmediate(() => {
        open.set(socket, 0);
        socket.write(answer('200 OK', 'a body'));
      });
    }, 3);
    await sent.send(10, () => request, 200);
    expect([...open.keys()]).toHaveLength(3);
    expect(count).toBe(10);
    await sent.send(5, () => request, 200);
    expect(count).toBe(15);
  });

  it('waits for an answer that comes in parts, of whatever length', async () => {
    const texts = ['short', 'a longer one', 'short', 'other'].map((body) => answer('200 OK', body));
    let parts = 0;
    const sent = await serve(async (socket, received) => {
      for (const character of texts[received % texts.length] as string) {
        parts++;
        socket.write(character);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await new Promise(setImmediate);
      }
    });
    await sent.send(8, () => request, 200);
    expect(parts).toBe(2 * texts.join('').length);
  });

  it('fails where an answer has another status, though it is as long as the last one', async () => {
    const sent = await serve((socket, received) => {
      socket.write(answer(received === 3 ? '201 OK' : '200 OK', 'a body'));
    });
    await expect(sent.send(9, () => request, 200)).rejects.toThrow('An answer other than 200:\nHTTP/1.1 201 OK');
  });

  it('fails where it cannot know how long an answer is', async () => {
    const sent = await serve((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    );
    await expect(sent.send(1, () => request, 200)).rejects.toThrow('An answer without Content-Length');
  });

  it('fails where the server goes away, then and from then on', async () => {
    const sent = await serve((socket) => socket.destroy());
    await expect(sent.send(1, () => request, 200)).rejects.toThrow('The server has closed the connection');
    await expect(sent.send(1, () => request, 200)).rejects.toThrow('The server has closed the connection');
  });
});
