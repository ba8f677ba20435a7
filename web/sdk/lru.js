/**
 * Puts the entry into the map as the most recently used, and drops the least recently used
 * beyond `limit`: a page may stay open for weeks.
 *
 * @template K, V
 * @param {Map<K, V>} map
 * @param {K} key
 * @param {V} value
 * @param {number} limit
 */
export function touch(map, key, value, limit) {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) break;
    map.delete(oldest);
  }
  return value;
}
