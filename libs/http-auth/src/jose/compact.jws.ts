/** The parts of a JWS in compact form (RFC 7515 section 7.1). Its signature is not verified yet. */
export interface CompactJws {
  /** The members of the header. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The payload, which is a JSON object. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The bytes that are signed (RFC 7515 section 5.2). */
  readonly input: Buffer;
  readonly signature: Buffer;
}

/** @throws TypeError if the bytes are not UTF-8, which `Buffer.toString()` would repair */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JWS in compact form, whose payload is a JSON object: `BASE64URL "." BASE64URL "." BASE64URL` (RFC 7515 section 7.1).
 *
 * @returns `undefined` if it is not such a JWS, or if it has a critical extension: we support none (RFC 7515 section 4.1.11)
 */
export function parseCompactJws(text: string): CompactJws | undefined {
  const parts = text.split('.', 4);
  if (parts.length !== 3) return undefined;
  const [protectedHeader, payload, encodedSignature] = parts as [string, string, string];
  const header = parseObject(protectedHeader);
  const claims = parseObject(payload);
  const signature = decode(encodedSignature);
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  if (header['crit'] !== undefined) return undefined;
  return { header, claims, input: Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1'), signature };
}

/** Returns `undefined` if the part is not a JSON object in UTF-8. */
function parseObject(part: string): Record<string, unknown> | undefined {
  const bytes = decode(part);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/**
 * Decodes base64url. `Buffer` ignores characters that do not belong there, and unused bits in the last character, so the bytes
 * must encode to the same string again (RFC 4648 section 3.5). Otherwise there would be several strings for one token.
 *
 * @returns `undefined` if the part is not base64url
 */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}
