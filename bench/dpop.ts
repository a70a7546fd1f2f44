// npm run bench:dpop -- [--rounds 40]
//
// Measures the check of a DPoP proof in this process, without a server. It prints the fastest round, because the others contain the work of
// other processes.
import { createPublicKey, verify } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  bearer,
  type HttpRequest,
  type SchemeContainer,
  type SchemeDefinition,
  type VerifierContext,
} from 'nestjs-http-auth';
import { dpop } from 'nestjs-http-auth/dpop';
import { jwt } from 'nestjs-http-auth/jwt';
import { dpopKey, dpopProof } from 'nestjs-http-auth/testing';
import { AUDIENCE, Issuer, ISSUER } from './tokens.js';

const ORIGIN = 'https://api.example';
const PATH = '/reports';
const COUNT = 500;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '40' } } });

const issuer = new Issuer();
const key = dpopKey();
const publicKey = createPublicKey(key.privateKey);
const tokens = jwt({ issuer: ISSUER, audience: AUDIENCE, secret: issuer.keys.HS256, algorithms: ['HS256'] });
const bound = issuer.issue('HS256', { cnf: { jkt: key.jkt } });
const unbound = issuer.issue('HS256');

const container = {
  verifier: (verifier: unknown) => verifier,
  isProxy: false,
  resourceUrls: [],
} as unknown as SchemeContainer;
const context: VerifierContext = { scheme: 'DPoP', route: PATH, realm: 'Bench', required: true, scopes: [] };
const schemeOf = (definition: SchemeDefinition) => definition.bind(container);

const dpopScheme = schemeOf(dpop(tokens, { origin: ORIGIN }));
const bearerScheme = schemeOf(bearer(tokens));

function requestOf(headers: Record<string, string>): HttpRequest {
  return { method: 'GET', url: PATH, headers, rawHeaders: Object.entries(headers).flat() };
}

function withProof(url: string): HttpRequest {
  return requestOf({ authorization: `DPoP ${bound}`, dpop: dpopProof({ key, url, token: bound }) });
}

/** The work of a round, for requests that are made before it. */
const subjects: Record<string, { prepare: () => unknown[]; run: (item: never) => unknown }> = {
  'crypto.verify of ES256': {
    prepare: () =>
      Array.from({ length: COUNT }, () => {
        const proof = dpopProof({ key, url: ORIGIN + PATH, token: bound });
        const dot = proof.lastIndexOf('.');
        return { input: Buffer.from(proof.slice(0, dot)), signature: Buffer.from(proof.slice(dot + 1), 'base64url') };
      }),
    run: ({ input, signature }: { input: Buffer; signature: Buffer }) => {
      if (!verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature))
        throw new Error('refused');
    },
  },
  'a whole ES256 proof': {
    prepare: () => Array.from({ length: COUNT }, () => withProof(ORIGIN + PATH)),
    run: async (request: HttpRequest) => {
      const outcome = await dpopScheme.authenticate(request, context);
      if (!('principal' in outcome)) throw new Error('refused');
    },
  },
  'a refusal before the signature': {
    prepare: () => Array.from({ length: COUNT }, () => withProof(`${ORIGIN}/other`)),
    run: async (request: HttpRequest) => {
      const outcome = await dpopScheme.authenticate(request, context);
      if ('principal' in outcome) throw new Error('accepted');
    },
  },
  'a remembered Bearer token': {
    prepare: () => Array.from({ length: COUNT }, () => requestOf({ authorization: `Bearer ${unbound}` })),
    run: async (request: HttpRequest) => {
      const outcome = await bearerScheme.authenticate(request, context);
      if (!('principal' in outcome)) throw new Error('refused');
    },
  },
};

const fastest = new Map<string, number>();
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, { prepare, run }] of Object.entries(subjects)) {
    const items = prepare();
    const start = process.cpuUsage();
    for (const item of items) await run(item as never);
    const { user, system } = process.cpuUsage(start);
    fastest.set(name, Math.min(fastest.get(name) ?? Infinity, (user + system) / COUNT));
  }
}

const reference = fastest.get('crypto.verify of ES256') as number;
console.log('|  | CPU time | ratio to crypto.verify |\n| --- | ---: | ---: |');
for (const [name, micros] of fastest) {
  console.log(`| ${name} | ${micros.toFixed(1)} µs | ${(micros / reference).toFixed(2)} |`);
}
