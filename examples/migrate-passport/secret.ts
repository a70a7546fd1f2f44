import { randomBytes } from 'node:crypto';

/** The secret of the tokens. Yours comes from the configuration. */
export const secret = randomBytes(32);
