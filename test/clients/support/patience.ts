import { jest } from '@jest/globals';

// Repeats a test of a browser up to three times, because a browser sometimes hangs or loses its window on a busy machine.
// The repetition does not change how a browser handles a challenge.
jest.retryTimes(2, { logErrorsBeforeRetry: true });
