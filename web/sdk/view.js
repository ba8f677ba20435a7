/**
 * What is known of one message's pairs, and how news is merged into it. Pure: nothing here has a
 * clock, a socket or a memory of its own, and news may come late, twice or in any order.
 *
 * @typedef {object} Pair
 * @property {string} value "" for a pair that is gone; the hub stores no empty value
 * @property {number} seq revision of the pair; for one that is gone, a bound: gone at least since then
 * @property {number} delivery PENDING, READ or DELIVERED
 *
 * @typedef {object} View
 * @property {ReadonlyMap<string, Pair>} pairs
 * @property {number} floor the state of every pair as of this revision is in `pairs`; what is not
 *   there did not exist, so news at or below it about an unknown pair is stale
 *
 * @typedef {{ key: string, value: string, seq: number }} Entry
 *
 * @typedef {object} Change
 * @property {Entry[]} [entries]
 * @property {number} [clearSeq] no live pair is at or below it
 * @property {number} [completeSeq] the entries are all live pairs as of this revision
 * @property {number} delivery
 */

/** The app's handlers have not heard of it. If the connection goes, nobody else will tell them. */
export const PENDING = 0;
/** The app has read it itself and is owed nothing, but an event that is still under way is news. */
export const READ = 1;
/** An event told the app's handlers. */
export const DELIVERED = 2;

/** So many markers of gone pairs are kept for late news to be measured against; the hub's own default. */
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
  for (const entry of entries) {
    const pair = merge(pairs.get(entry.key), entry, view.floor, delivery);
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
 * The pair after the entry. A younger revision wins; at the same revision "gone" wins, which
 * happens only when a reply says that the pair we knew is no longer there.
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
 * The Seq to name when changing the key. For a pair that is gone it is 0: right whether the hub
 * still has the marker or not, and its own revision is only a bound.
 *
 * @param {View} view
 * @param {string} key
 */
export function expectedSeq(view, key) {
  const pair = view.pairs.get(key);
  return pair && pair.value !== '' ? pair.seq : 0;
}

/**
 * The live pairs, the one changed longest ago first: the hub's own order, the same for everybody.
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
 * The view once the handlers have heard everything that they are owed.
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
 * The view of a whole message for handlers that know its pairs from another history of the hub: a pair with the value that it
 * had then is no news, and one that is not there any more is gone.
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
 * What the handlers hear on the way from one view to the next.
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
