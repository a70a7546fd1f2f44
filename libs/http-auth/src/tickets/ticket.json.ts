import { isDeepStrictEqual } from 'node:util';
import type { AdmissionInfo } from '../schemes/admission.js';
import type { TicketRecord } from './ticket.store.js';

/** A record as JSON. A `Date` has its own place, because JSON has no dates. */
interface StoredRecord extends Omit<TicketRecord, 'info' | 'origin'> {
  readonly info: Omit<AdmissionInfo, 'expiresAt'>;
  readonly expiresAt?: number | undefined;
  readonly origin?: string | undefined;
}

/**
 * Returns a record as JSON.
 *
 * @throws TypeError if the principal or the info would not be the same afterwards
 */
export function encodeRecord({ principal, info, resource, path, origin }: TicketRecord): string {
  const { expiresAt, ...rest } = info;
  const facts = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  checkJson(
    'the principal',
    principal,
    'pass the option principal: { store, restore } to ticket(), e.g. to store the id',
  );
  checkJson('the info of admit()', facts, 'use JSON values only');
  const stored: StoredRecord = { principal, info: facts, expiresAt: expiresAt?.getTime(), resource, path, origin };
  return JSON.stringify(stored);
}

/** Returns the record of a JSON text that {@link encodeRecord} has made. */
export function decodeRecord(text: string): TicketRecord {
  const { principal, info, expiresAt, resource, path, origin } = JSON.parse(text) as StoredRecord;
  const ends = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) };
  return { principal, info: { ...info, ...ends }, ...(resource !== undefined && { resource }), path, origin };
}

/** Checks a value. A class, a date or `undefined` in it would silently become something else. */
function checkJson(what: string, value: unknown, fix: string): void {
  if (isDeepStrictEqual(value, copyOf(value))) return;
  throw new TypeError(`Tickets.issue(): ${what} is not a JSON value, so Redis cannot store it; ${fix}`);
}

function copyOf(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    // A circular reference, a bigint, or `undefined`; no value is equal to this symbol.
    return Symbol('not JSON');
  }
}
