import { pick } from './random.js';

/**
 * One message's pairs as the protocol defines them, in ten lines of truth: what a reader must end up
 * with, and the events and pages from which it has to. Not a hub: that is what hub.test.js runs.
 */
export class Model {
  static values = 0; // so far: each is another one
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

  /** Does something at random; returns its event, or null if it changed nothing. */
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

  /** Forgets the deletions so far. */
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
