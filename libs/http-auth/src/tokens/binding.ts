import { Logger } from '@nestjs/common';
import type { Admission } from '../schemes/admission.js';
import { RefusedException } from '../schemes/refused.exception.js';
import type { VerifierContext } from '../schemes/verifier.context.js';
import { REFUSALS } from './refusals.js';

/**
 * Hands the binding of a valid token to the scheme, which then requires the proof of the key. The result of the verifier cannot remove
 * it, so a verifier of the application that calls this one and returns its own principal does not lose the binding.
 *
 * It is called on every request, because the same cached token may come with a proof or without one.
 *
 * @throws RefusedException if the token is bound, and the scheme does not check the proof: it cannot, or application code has called the
 * verifier without the context
 */
export function handOnBinding(
  { info: { confirmation } }: Admission<unknown>,
  context: VerifierContext | undefined,
): void {
  if (confirmation === undefined) return;
  const require = context?.requireConfirmation;
  if (context === undefined) warnOfCall();
  if (require === undefined) throw RefusedException.of(REFUSALS.bound);
  require(confirmation);
}

let isWarned = false;

/** The client cannot know the mistake, so the log must tell it. */
function warnOfCall(): void {
  if (isWarned) return;
  isWarned = true;
  new Logger('jwt').warn(
    'A token that is bound to a key was refused, because a function called the verifier without its third argument; pass the context on: verify(credentials, request, context)',
  );
}
