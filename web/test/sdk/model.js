import { pick } from './random.js';

/**
 * Model is one message's pairs as the protocol defines them: what a reader must end up with, and
 * the events and pages it has for that.
 */
export class Model {
  static values = 0; // all different, so this counts them
  pairs = new Map(); // key -> {value, seq}; value '' for a deletion
  latestSeq = 0;
  clearSeq = 0;
  purgedSeq = 0;

  live() {
    return new Map(
      [...this.pairs]
        .filter(([, { value }]) => value !== '')
        .map(([key, { value }]) => [key, value]),
    );
  }

  /** Does something at random. Returns its event, or null if nothing changed. */
  step(random, keys) {
    const chance = random();
    const key = pick(random, keys);
    if (chance < 0.03) return this.clear();
    if (chance < 0.06) return this.purge();
    if (chance < 0.3) return this.remove(key);
    return this.set(key, `v${++Model.values}`);
  }

  set(key, value) {
    const seq = ++this.latestSeq;
    this.pairs.set(key, { value, seq });
    return { name: 'onUpdated', extensions: [{ key, value, seq }], latestSeq: seq };
  }

  remove(key) {
    if (!this.pairs.get(key)?.value) return null;
    this.pairs.set(key, { value: '', seq: ++this.latestSeq });
    return { name: 'onDeleted', keyList: [key], latestSeq: this.latestSeq };
  }

  clear() {
    const keyList = [...this.live().keys()];
    if (!keyList.length) return null;
    this.clearSeq = ++this.latestSeq;
    for (const key of keyList) this.pairs.set(key, { value: '', seq: this.clearSeq });
    return { name: 'onDeleted', keyList, latestSeq: this.latestSeq, clearSeq: this.clearSeq };
  }

  /** Purges the tombstones. */
  purge() {
    this.purgedSeq = this.latestSeq;
    for (const [key, { value }] of this.pairs) if (value === '') this.pairs.delete(key);
    return null;
  }

  page(startSeq, size) {
    const all = [...this.pairs]
      .map(([key, pair]) => ({ key, ...pair }))
      .filter(({ value, seq }) => seq >= startSeq && (value !== '' || startSeq > 0))
      .sort((a, b) => a.seq - b.seq);
    return {
      extensions: all.slice(0, size),
      latestSeq: this.latestSeq,
      clearSeq: this.clearSeq,
      purgedSeq: this.purgedSeq,
      completeFlag: all.length > size ? 0 : 1,
    };
  }
}
