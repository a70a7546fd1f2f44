/** An error that the user of the command can fix. The command prints only its message, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
