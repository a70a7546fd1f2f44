import { jest } from '@jest/globals';

// A browser is not ours, and now and then it hangs or loses its window on a busy machine. What it makes of a challenge does
// not change by being asked again; a client that cannot do a thing cannot do it three times.
jest.retryTimes(2, { logErrorsBeforeRetry: true });
