import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Answer } from './client.js';

/** A self-signed certificate with its key. */
export class TestCertificate {
  /** The key and the certificate. */
  readonly pem: string;
  readonly der: Buffer;
  /** The value of `x5t#S256`. */
  readonly thumbprint: string;

  constructor(name: 'client' | 'server') {
    this.pem = readFileSync(fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url)), 'utf8');
    this.der = new X509Certificate(this.pem).raw;
    this.thumbprint = createHash('sha256').update(this.der).digest('base64url');
  }

  /** The certificate alone, in PEM. */
  get publicPem(): string {
    return new X509Certificate(this.der).toString();
  }
}

export const client = new TestCertificate('client');

/** The certificate of the server. Clients use it as a second certificate. */
export const server = new TestCertificate('server');

/** The settings of a server that asks for a certificate and accepts every one. */
export const tls = { key: server.pem, cert: server.pem, requestCert: true, rejectUnauthorized: false };

/** The adapters with TLS. Express gets its settings from Nest, and Fastify from its adapter. */
export const secureAdapters: [name: string, create: () => [AbstractHttpAdapter, NestApplicationOptions]][] = [
  ['Express', () => [new ExpressAdapter(), { httpsOptions: tls }]],
  ['Fastify', () => [new FastifyAdapter({ https: tls }), {}]],
];

/** Sends a request over TLS. */
export function sendTls(
  app: INestApplication,
  path: string,
  options: RequestOptions & { certificate?: TestCertificate | undefined } = {},
): Promise<Answer & { isResumed: boolean; protocol: string | null }> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const { certificate, ...rest } = options;
  const own = certificate && { key: certificate.pem, cert: certificate.pem };
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      { host: '127.0.0.1', port, path, ca: server.pem, agent: false, ...own, ...rest },
      (response) => {
        const socket = response.socket as TLSSocket;
        const [isResumed, protocol] = [socket.isSessionReused(), socket.getProtocol()];
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
            isResumed,
            protocol,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
