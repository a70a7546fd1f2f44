import { type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';

/** A response, as a client receives it. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The field lines of `WWW-Authenticate`, one by one. */
  challenges: string[];
  body: string;
  json(): unknown;
}

/** The parts of a request that differ from a GET without fields. */
export interface Ask {
  method?: string;
  headers?: OutgoingHttpHeaders | readonly string[];
  body?: string;
  /** The agent that keeps connections open. Without it, each request has a new connection. */
  agent?: Agent;
}

/** Sends a request with `node:http`, because other clients may merge or hide field lines. */
export function send(
  app: INestApplication,
  path: string,
  { method = 'GET', headers = {}, body, agent }: Ask = {},
): Promise<Answer> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            challenges: response.headersDistinct['www-authenticate'] ?? [],
            body: text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Returns the `Authorization` field with a username and a password. */
export function basicAuthorization(username: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** Returns the `Authorization` field with a token. */
export function bearerAuthorization(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
