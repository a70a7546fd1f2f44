import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Measure } from './measure.js';

interface Taken {
  readonly result: PromiseSettledResult<string>;
  readonly seconds: number;
}

const describeResult = (result: PromiseSettledResult<string>, seconds: number): Taken => ({ result, seconds });

describe('A measure', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('calls its listeners until they are removed', () => {
    const measure = new Measure<number>();
    const heard: number[] = [];
    expect(measure.isHeard).toBe(false);
    const off = measure.on((value) => heard.push(value));
    expect(measure.isHeard).toBe(true);
    measure.publish(1);
    off();
    measure.publish(2);
    expect([heard, measure.isHeard]).toEqual([[1], false]);
  });

  it('logs the error of a listener, and calls the others', () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const measure = new Measure<number>();
    const heard: number[] = [];
    const error = new Error('The exporter is broken');
    measure.on(() => {
      throw error;
    });
    measure.on((value) => heard.push(value));
    measure.publish(1);
    expect(heard).toEqual([1]);
    expect(log).toHaveBeenCalledWith(error);
  });

  it('measures how long a promise takes, and returns its result', async () => {
    const measure = new Measure<Taken>();
    const heard: Taken[] = [];
    measure.on((taken) => heard.push(taken));
    const error = new Error('down');
    expect(await measure.time(() => Promise.resolve('a'), describeResult)).toBe('a');
    await expect(measure.time(() => Promise.reject(error), describeResult)).rejects.toBe(error);
    expect(heard).toEqual([
      { result: { status: 'fulfilled', value: 'a' }, seconds: expect.any(Number) },
      { result: { status: 'rejected', reason: error }, seconds: expect.any(Number) },
    ]);
  });

  it('does not create a measurement if there is no listener', async () => {
    const measure = new Measure<Taken>();
    const never = jest.fn(describeResult);
    expect(await measure.time(() => Promise.resolve('a'), never)).toBe('a');
    expect(never).not.toHaveBeenCalled();
  });
});
