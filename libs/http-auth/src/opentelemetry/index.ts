export { meterHttpAuth, type MeterOptions } from './meter.js';
