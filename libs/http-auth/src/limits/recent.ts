import { LRUCache } from 'lru-cache';

/** Creates a map of at most `max` entries. The least recently used entry is removed first. */
export function recent<Value extends {}>(
  max: number,
  options: Pick<LRUCache.Options<string, Value, unknown>, 'ttl' | 'noUpdateTTL' | 'dispose'>,
): LRUCache<string, Value> {
  // With the option `max`, lru-cache would allocate memory for all entries immediately.
  return new LRUCache({ ...options, maxSize: max, sizeCalculation: () => 1 });
}
