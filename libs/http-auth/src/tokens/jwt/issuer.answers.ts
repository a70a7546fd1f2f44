import { type IssuerKeys, ISSUERS } from '../../common/measure.js';

/** Removes the listener of a verifier that nothing uses anymore. */
const collected = new FinalizationRegistry((end: () => void) => end());

/** Answers the questions of meters for a verifier, until nothing uses the verifier anymore. */
export function answerMeters(verifier: { issuers(): readonly IssuerKeys[] }): void {
  // The listener belongs to the process. It must not keep the verifier and its keys.
  const weak = new WeakRef(verifier);
  const end = ISSUERS.on((answer) => weak.deref()?.issuers().forEach(answer));
  collected.register(verifier, end);
}
