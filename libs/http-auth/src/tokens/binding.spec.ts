import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { admit } from '../schemes/admission.js';
import type { Confirmation } from '../schemes/confirmation.js';
import { RefusedException } from '../schemes/refused.exception.js';
import type { VerifierContext } from '../schemes/verifier.context.js';
import { handOnBinding } from './binding.js';

const context: VerifierContext = { scheme: 'Bearer', route: '', realm: 'Staging', required: true, scopes: [] };
const confirmation: Confirmation = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
const bound = admit('alice', { confirmation });

describe('The binding of a token', () => {
  const warnings: unknown[] = [];
  const warn = (message: unknown) => warnings.push(message);
  beforeAll(() => Logger.overrideLogger({ log: warn, error: warn, warn }));
  afterAll(() => Logger.overrideLogger(false));

  it('is nothing for a token that is not bound', () => {
    expect(() => handOnBinding(admit('alice', {}), undefined)).not.toThrow();
    expect(warnings).toEqual([]);
  });

  it('is handed on to a scheme that checks the proof', () => {
    const required: Confirmation[] = [];
    handOnBinding(bound, { ...context, requireConfirmation: (one) => void required.push(one) });
    expect(required).toEqual([confirmation]);
    expect(warnings).toEqual([]);
  });

  it('refuses the token if the scheme does not check the proof', () => {
    expect(() => handOnBinding(bound, context)).toThrow(RefusedException);
    expect(warnings).toEqual([]);
  });

  it('refuses the token if the application has lost the context, and says so in the log once', () => {
    for (let call = 0; call < 2; call++) expect(() => handOnBinding(bound, undefined)).toThrow(RefusedException);
    expect(warnings).toEqual([expect.stringMatching(/pass the context on: verify\(credentials, request, context\)$/)]);
  });
});
