/**
 * OpenTelemetry metrics of the events, the schemes and the verifiers.
 *
 * ```ts
 * import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
 * ```
 *
 * @module nestjs-http-auth/opentelemetry
 */

export { meterHttpAuth, type MeterOptions } from './meter.js';
