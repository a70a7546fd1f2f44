/** What a user of the command can mend: its message is all they need to see. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
