/** Stops the boot: something that the application declared cannot work. The message names it, and the mend. */
export class AuthConfigurationError extends Error {
  /** The name of the class. */
  override readonly name = 'AuthConfigurationError';
}
