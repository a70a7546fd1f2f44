import { LRUCache } from 'lru-cache';

/** Milliseconds that an entry may be found after its time: asking the clock less often is worth it. */
const RESOLUTION = 100;

/** So many entries at the most, of which the least recently used go first; it takes up no room for those that are not there. */
export function recent<Value extends {}>(
  max: number,
  options: Pick<LRUCache.Options<string, Value, unknown>, 'ttl' | 'noUpdateTTL' | 'dispose'>,
): LRUCache<string, Value> {
  // With `max` it would make room for all at once.
  return new LRUCache({ ...options, maxSize: max, sizeCalculation: () => 1, ttlResolution: RESOLUTION });
}
