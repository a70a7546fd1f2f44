/** An error that the user of the command can fix. Its message is the whole output. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
