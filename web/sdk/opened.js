import { apply, EMPTY, inherit } from './view.js';

/** A message whose pairs the session follows: what is known of them, and how far that reaches. */
export class Opened {
  view = EMPTY;
  /** Every change up to this revision has arrived, from the first read or event on. */
  cursor = 0;
  /** Read from the beginning, so `view` holds all pairs and not only the ones seen changing. */
  whole = false;
  /** The app has read it once, in whatever history: from then on it may rely on events alone. */
  read = false;
  /** The connection went since then, and nobody has caught up yet. */
  stale = false;
  /** What the handlers know from histories that are over, until this one is read. */
  past = EMPTY.pairs;
  /** Which history of the hub's store all this belongs to: a revision of one means nothing in another. */
  history;

  /** @param {number} history */
  constructor(history) {
    this.history = history;
  }

  /** @param {number} history the one that has begun */
  outdate(history) {
    this.past = new Map([...this.past, ...this.view.pairs]);
    Object.assign(this, { view: EMPTY, cursor: 0, whole: false, history });
  }

  /**
   * Takes the answer to a read.
   *
   * @param {{ entries: import('./view.js').Entry[], whole: boolean, latestSeq: number, clearSeq: number, told: number }} answer
   *   the entries of all pages, and what the last page says
   */
  take({ entries, whole, latestSeq, clearSeq, told }) {
    this.view = apply(this.view, { entries, clearSeq, all: whole ? latestSeq : 0, told });
    this.cursor = Math.max(this.cursor, latestSeq);
    if (!whole) return;
    this.view = inherit(this.view, this.past);
    this.past = EMPTY.pairs;
    this.whole = true;
  }
}
