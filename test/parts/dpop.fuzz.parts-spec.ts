import { Agent, validateHeaderValue } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import { All, Controller } from '@nestjs/common';
import fc from 'fast-check';
import { admit, AuthModule, bearer } from 'nestjs-http-auth';
import { dpop } from 'nestjs-http-auth/dpop';
import { dpopKey, dpopProof, type DpopProofOptions } from 'nestjs-http-auth/testing';
import { adapters, start } from '../support/application.js';
import { send } from '../support/client.js';

/** How many invalid proofs each adapter gets. */
const PROOFS = Number(process.env['DPOP_PROOFS'] ?? 5000);
/** Repeats a run: a failure names the seed. */
const SEED = Number(process.env['DPOP_SEED'] ?? Date.now() % 1_000_000);

jest.setTimeout(60_000 + PROOFS * 10);

const origin = 'https://api.example';
const url = `${origin}/reports`;
const keys = ['ES256', 'Ed25519', 'EdDSA', 'PS256'].map((alg) => dpopKey(alg as 'ES256'));
const [key] = keys as [(typeof keys)[0]];
const thief = dpopKey();
const tokens = new Map(keys.map((one, index) => [`token-${index}`, one.jkt]));

let handled = 0;

@Controller('reports')
class ReportsController {
  @All() list() {
    handled++;
  }
}

/** The parts of a request. */
interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** The fields, by name; a list becomes several lines. */
  readonly fields: Record<string, string | string[]>;
  /** If `true`, the proof is still valid. A field does not have the spaces at its ends. */
  readonly valid?: boolean;
}

/** Makes a request whose proof is invalid, from the number of a key. */
type Attack = (index: number) => Sent;

const keyOf = (index: number) => keys[index] ?? key;

function request(index: number, { fields, ...proof }: Partial<DpopProofOptions> & { fields?: object } = {}): Sent {
  const token = `token-${index}`;
  return {
    fields: {
      authorization: `DPoP ${token}`,
      dpop: dpopProof({ key: keyOf(index), url, token, ...proof }),
      ...fields,
    },
  };
}

/** Changes the proof after it was signed. */
const changed =
  (change: (proof: string) => string): Attack =>
  (index) => {
    const { fields } = request(index);
    const proof = fields['dpop'] as string;
    const other = change(proof);
    return { fields: { ...fields, dpop: other }, valid: other.replace(/^[ \t]+|[ \t]+$/g, '') === proof };
  };

const replacePart = (part: number, change: (value: string) => string) => (proof: string) =>
  proof
    .split('.')
    .map((value, index) => (index === part ? change(value) : value))
    .join('.');

const at = (position: number, length: number) => position % (length + 1);

/** A character that a field can carry. Node reads a field as ISO-8859-1. */
const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('A', 'b', '0', '-', '_', '.', '=', '+', '/', ' ', ',', '"', '\t') },
  { weight: 1, arbitrary: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) },
);

const position = fc.nat({ max: 4096 });

/** Changes of single characters, anywhere in the proof. */
const characters: fc.Arbitrary<Attack> = fc
  .tuple(fc.constantFrom('replace', 'insert', 'delete', 'cut', 'swap', 'repeat', 'case'), position, character)
  .map(([kind, place, char]) =>
    changed((proof) => {
      const index = at(place, proof.length - 1);
      const [before, after] = [proof.slice(0, index), proof.slice(index)];
      if (kind === 'replace') return `${before}${char}${after.slice(1)}`;
      if (kind === 'insert') return `${before}${char}${after}`;
      if (kind === 'delete') return `${before}${after.slice(1)}`;
      if (kind === 'cut') return before;
      if (kind === 'swap') return `${after}${before}`;
      if (kind === 'repeat') return `${before}${after}${after}`;
      const [first = ''] = after;
      return `${before}${first === first.toLowerCase() ? first.toUpperCase() : first.toLowerCase()}${after.slice(1)}`;
    }),
  );

/** Changes of the JSON of a part, without a new signature. */
const unsigned: fc.Arbitrary<Attack> = fc
  .tuple(fc.constantFrom(0, 1), fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 2 }), fc.boolean())
  .map(([part, name, value, whole]) =>
    changed(
      replacePart(part, (text) => {
        const json = Buffer.from(text, 'base64url').toString();
        const other = whole ? value : { ...(JSON.parse(json) as object), [name]: value };
        return Buffer.from(JSON.stringify(other)).toString('base64url');
      }),
    ),
  );

/** Other bytes instead of a signature. */
const signatures: fc.Arbitrary<Attack> = fc
  .uint8Array({ maxLength: 600 })
  .map((bytes) => changed(replacePart(2, () => Buffer.from(bytes).toString('base64url'))));

/** Values of any type, without those that are valid for the member. */
const junk = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom<unknown>('none', 'HS256', 'dpop+jwt ', 'DPOP+JWT', `${url}/`, `${url}\\`, `${url}/../reports`),
  fc.constantFrom<unknown>('__proto__', 'constructor', -0, 1e308, 2 ** 53, '9'.repeat(300), [url], { toString: url }),
);

const second = () => Math.floor(Date.now() / 1000);

/** Invalid claims and members of the header, with a valid signature of the client. */
const signed: fc.Arbitrary<Attack> = fc
  .tuple(fc.constantFrom('typ', 'alg', 'jwk', 'crit', 'htm', 'htu', 'ath', 'iat', 'jti'), junk)
  .filter(([name, value]) => {
    if (name === 'crit') return value !== undefined;
    // Any string of a valid length is a `jti`.
    return name !== 'jti' || typeof value !== 'string' || value === '' || value.length > 256;
  })
  .map(
    ([name, value]) =>
      (index) =>
        request(index, {
          [['typ', 'alg', 'jwk', 'crit'].includes(name) ? 'header' : 'claims']: { [name]: value },
        }),
  );

/** Invalid times. */
const times: fc.Arbitrary<Attack> = fc
  .oneof(
    fc.integer({ min: 15, max: 1e9 }),
    fc.integer({ min: 75, max: 1e9 }).map((age) => -age),
  )
  .map((difference) => (index) => request(index, { claims: { iat: second() + difference } }));

/** Keys with other members, other values or of other types, also with a valid signature. */
const jwks: fc.Arbitrary<Attack> = fc
  .tuple(
    fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'),
    fc.oneof(
      junk,
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    ),
    fc.boolean(),
  )
  .map(([name, value, other]) => (index) => {
    const own = keyOf(index).jwk;
    const jwk = { ...(other ? thief.jwk : own), [name]: value };
    const same = Object.keys(own).every((member) => jwk[member as 'kty'] === own[member]);
    // Without a private member, a key with more members is the same key.
    return request(index, { header: { jwk: same ? { ...jwk, d: 'AAAA' } : jwk } });
  });

/** Other URIs. */
const segment = fc.constantFrom(
  'reports',
  'Reports',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '%72eport',
  '',
  ';',
  '@',
  ':',
  '[::1]',
);
const uris: fc.Arbitrary<Attack> = fc
  .tuple(
    fc.constantFrom('https://', 'http://', 'HTTPS:', '//', 'https:/', 'https:\\\\', 'wss://', ''),
    fc.constantFrom(
      'api.example',
      'api.example.',
      'api.example:444',
      'a@api.example',
      'evil.example',
      'api.example@evil',
    ),
    fc.array(segment, { maxLength: 4 }),
    fc.constantFrom('', '/', '?', '#', '\\', ' ', '\n', '\0', '%00', '%2f'),
  )
  .map(([scheme, host, path, end]) => `${scheme}${host}/${path.join('/')}${end}`)
  // These are other spellings of the URI itself.
  .filter((htu) => !/^https:\/\/api\.example\/(reports|%72eport)[?#]?$/.test(htu))
  .map((htu) => (index) => request(index, { url: htu }));

/** A valid proof for another request, in another field, or of somebody else. */
const elsewhere: fc.Arbitrary<Attack> = fc.constantFrom<Attack>(
  (index) => ({ ...request(index), method: 'POST' }),
  (index) => ({ ...request(index), path: '/reports/' }),
  (index) => ({ ...request(index), path: '//api.example/reports' }),
  (index) => ({ ...request(index), path: '/x/../reports' }),
  (index) => ({ ...request(index), method: 'PATCH', fields: { ...request(index).fields, 'x-http-method': 'GET' } }),
  (index) => request(index, { key: thief }),
  (index) => request(index, { key: thief, header: { jwk: keyOf(index).jwk } }),
  (index) => request(index, { header: { jwk: keyOf(index).privateKey.export({ format: 'jwk' }) } }),
  (index) => request(index, { fields: { authorization: `DPoP token-${(index + 1) % keys.length}` } }),
  (index) => request(index, { fields: { authorization: `Bearer token-${index}` } }),
  (index) => request(index, { fields: { authorization: `DPoP  token-${index}, Bearer token-${index}` } }),
  (index) => request(index, { fields: { authorization: `DPoP token-${index} token-${index}` } }),
  (index) => request(index, { fields: { authorization: `DPoP token="token-${index}"` } }),
  (index) => {
    const { fields } = request(index);
    return { fields: { ...fields, dpop: [fields['dpop'] as string, request(index).fields['dpop'] as string] } };
  },
  (index) => {
    const { dpop: proof, ...fields } = request(index).fields;
    return { fields: { ...fields, 'x-dpop': proof as string } };
  },
  (index) => {
    const { dpop: proof, ...fields } = request(index).fields;
    return { path: `/reports?dpop=${String(proof)}`, fields };
  },
);

/** The number of a key. Signatures of RSA take long. */
const keyNumber = fc.oneof({ weight: 12, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: fc.constant(3) });

const attacks = fc.oneof(
  { weight: 4, arbitrary: characters },
  { weight: 2, arbitrary: unsigned },
  { weight: 1, arbitrary: signatures },
  { weight: 3, arbitrary: signed },
  { weight: 1, arbitrary: times },
  { weight: 2, arbitrary: jwks },
  { weight: 2, arbitrary: uris },
  { weight: 1, arbitrary: elsewhere },
);

/** Returns `false` if Node does not send the fields. */
const isSendable = ({ fields }: Sent) =>
  Object.entries(fields).every(([name, value]) =>
    [value].flat().every((one) => {
      try {
        validateHeaderValue(name, one);
        return true;
      } catch {
        return false;
      }
    }),
  );

describe.each(adapters)('Invalid proofs on %s', (_name, adapter) => {
  it(`[DPOP-26] do not authenticate a request, and do not cause a 5xx: ${PROOFS} of the seed ${SEED}`, async () => {
    const verify = ({ token }: { token: string }) => {
      const jkt = tokens.get(token);
      return jkt === undefined ? null : admit(token, { confirmation: { jkt } });
    };
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verify, { origin }), bearer(verify)] })],
      controllers: [ReportsController],
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = ({ method = 'GET', path = '/reports', fields }: Sent) =>
      send(app, path, { method, headers: fields, agent });
    const works = async () => {
      for (const index of keys.keys()) expect((await ask(request(index))).status).toBe(200);
    };
    let refused = 0;
    try {
      await works();
      const before = handled;
      await fc.assert(
        fc.asyncProperty(keyNumber, attacks, async (index, attack) => {
          const sent = attack(index);
          fc.pre(sent.valid !== true && isSendable(sent));
          const { status, challenges } = await ask(sent);
          if (status === 401) refused++;
          // The router does not know all of the paths.
          const isRefused = status === 401 ? challenges.length > 0 : status === 400 || status === 404;
          expect({ sent, status, isRefused, handled }).toEqual({ sent, status, isRefused: true, handled: before });
        }),
        { numRuns: PROOFS, seed: SEED, maxSkipsPerRun: 100 },
      );
      // Most of them reach the scheme.
      expect(refused).toBeGreaterThan(PROOFS * 0.9);
      await works();
    } finally {
      agent.destroy();
    }
  });
});
