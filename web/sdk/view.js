/**
 * A View is what is known of one message's pairs. The functions here merge changes into it, which
 * may come late, twice or in any order. They are pure: no clock, no socket, no state.
 *
 * @typedef {object} Pair
 * @property {string} value "" for a tombstone; the hub stores no empty value
 * @property {number} seq revision of the pair; for a tombstone a bound, it may be older
 * @property {number} delivery PENDING, READ or DELIVERED
 *
 * @typedef {object} View
 * @property {ReadonlyMap<string, Pair>} pairs
 * @property {number} floor `pairs` has all pairs as of this revision, so a change up to it of any
 *   other pair is outdated
 *
 * @typedef {{ key: string, value: string, seq: number }} Entry
 *
 * @typedef {object} Change
 * @property {Entry[]} [entries]
 * @property {number} [clearSeq] all pairs up to it are gone
 * @property {number} [completeSeq] the entries are all pairs as of this revision
 * @property {number} delivery
 */

/** The handlers have not got it. If the connection is lost, its event never comes. */
export const PENDING = 0;
/** The app has read it, so no event is needed; one that still comes is passed on. */
export const READ = 1;
/** The handlers have got it. */
export const DELIVERED = 2;

/** Tombstones kept to compare late changes with: as many as the hub keeps by default. */
const MAX_TOMBSTONES = 300;

/** @type {View} */
export const EMPTY = Object.freeze({ pairs: new Map(), floor: 0 });

/**
 * The view after the change.
 *
 * @param {View} view
 * @param {Change} change
 * @returns {View}
 */
export function apply(view, { entries = [], clearSeq = 0, completeSeq = 0, delivery }) {
  const pairs = new Map(view.pairs);
  // What was hidden until the close has revisions of before. Only a read of all pairs shows it.
  const floor = completeSeq < view.floor ? view.floor : 0;
  for (const entry of entries) {
    const pair = merge(pairs.get(entry.key), entry, floor, delivery);
    if (pair) pairs.set(entry.key, pair);
  }
  const listed = new Set(entries.map(({ key }) => key));
  for (const [key, { value, seq }] of pairs) {
    if (value === '') continue;
    if (seq <= clearSeq) pairs.set(key, { value: '', seq: clearSeq, delivery });
    else if (seq <= completeSeq && !listed.has(key))
      pairs.set(key, { value: '', seq: completeSeq, delivery });
  }
  pruneTombstones(pairs);
  return { pairs, floor: Math.max(view.floor, clearSeq, completeSeq) };
}

/**
 * The pair after the entry. The newer revision wins. At the same revision a deletion wins: a reply
 * said that the pair we knew is not there any more.
 *
 * @param {Pair | undefined} old
 * @param {Entry} entry
 * @param {number} floor
 * @param {number} delivery
 */
function merge(old, { value, seq }, floor, delivery) {
  if (!old) return seq > floor ? { value, seq, delivery } : undefined;
  const vanished = seq === old.seq && value === '' && old.value !== '';
  if (vanished || seq > Math.max(old.seq, floor)) return { value, seq, delivery };
  const same = old.value === '' ? value === '' : seq === old.seq;
  return same && delivery > old.delivery ? { ...old, delivery } : old;
}

/**
 * The Seq to name when changing the key. For a tombstone it is 0, which is right whether or not the
 * hub still has it; its own revision is only a bound.
 *
 * @param {View} view
 * @param {string} key
 */
export function expectedSeq(view, key) {
  const pair = view.pairs.get(key);
  return pair && pair.value !== '' ? pair.seq : 0;
}

/**
 * The pairs without tombstones, least recently changed first, which is the hub's order.
 *
 * @param {View} view
 * @returns {Entry[]}
 */
export const live = ({ pairs }) =>
  [...pairs]
    .filter(([, { value }]) => value !== '')
    .map(([key, { value, seq }]) => ({ key, value, seq }))
    .sort((a, b) => a.seq - b.seq);

/**
 * The view after all pending pairs were delivered.
 *
 * @param {View} view
 * @returns {View}
 */
export const deliverAll = ({ pairs, floor }) => ({
  pairs: new Map(
    [...pairs].map(([key, pair]) => [
      key,
      pair.delivery === PENDING ? { ...pair, delivery: DELIVERED } : pair,
    ]),
  ),
  floor,
});

/**
 * The view of a message for handlers that know its pairs from an earlier store of the hub: the same
 * value is not new, and a pair that is not there any more is gone.
 *
 * @param {View} view
 * @param {View['pairs']} past
 * @returns {View}
 */
export function inherit({ pairs, floor }, past) {
  const all = new Map(pairs);
  for (const [key, { value, delivery }] of past) {
    const now = pairs.get(key);
    if (!now && (value !== '' || delivery === PENDING))
      all.set(key, { value: '', seq: floor, delivery: PENDING });
    else if (now?.delivery === PENDING && now.value === value) all.set(key, { ...now, delivery });
  }
  return { pairs: all, floor };
}

/**
 * What handlers get for the step from one view to the next.
 *
 * @param {View} before
 * @param {View} after
 */
export function diff(before, after) {
  /** @type {{ key: string, value: string }[]} */
  const updated = [];
  /** @type {string[]} */
  const deleted = [];
  for (const [key, pair] of after.pairs) {
    if (pair.delivery !== DELIVERED || pair === before.pairs.get(key)) continue;
    if (pair.value === '') deleted.push(key);
    else updated.push({ key, value: pair.value });
  }
  return { updated, deleted };
}

/** @param {Map<string, Pair>} pairs */
function pruneTombstones(pairs) {
  const gone = [...pairs].filter(([, { value }]) => value === '');
  if (gone.length <= MAX_TOMBSTONES) return;
  gone.sort(([, a], [, b]) => b.seq - a.seq);
  for (const [key] of gone.slice(MAX_TOMBSTONES)) pairs.delete(key);
}
