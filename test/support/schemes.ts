import { basic, bearer } from 'nestjs-http-auth';

/** The principal of the tests. */
export interface User {
  name: string;
}

/** Accepts Alice only, by password or by token. */
export const schemes = [
  bearer(({ token }): User | null => (token === 'alice-token' ? { name: 'alice' } : null)),
  basic(({ username, password }): User | null =>
    username === 'alice' && password === 'wonder:land' ? { name: 'alice' } : null,
  ),
];

/** The options of most tests. */
export const options = { realm: 'Staging', schemes };

/** The challenges of those options for a request without credentials. */
export const challenges = ['Bearer realm="Staging"', 'Basic realm="Staging", charset="UTF-8"'];
