/** Checks the option `audience`. Returns an error message, or `undefined` if the option is valid. */
export function audienceProblem(audience: unknown): string | undefined {
  const list: unknown[] = [audience].flat();
  return audience === null || (list.length > 0 && list.every((one) => typeof one === 'string' && one !== ''))
    ? undefined
    : 'audience must be the aud of tokens for this application, a string or a list; null accepts tokens for any audience';
}

/** Returns `true` if the claim `aud` has one of the audiences (RFC 7519 section 4.1.3). */
export function isForAudience(aud: unknown, audience: readonly string[]): boolean {
  return [aud].flat().some((one) => audience.includes(one as string));
}
