import { apply, deliverAll, diff, EMPTY, inherit } from './view.js';

/** A message whose pairs the session follows: what is known of them, and how far that reaches. */
export class TrackedMessage {
  view = EMPTY;
  /** Every change up to this revision has arrived, from the first read or event on. */
  cursor = 0;
  /** Read from the beginning, so `view` holds all pairs and not only the ones seen changing. */
  complete = false;
  /** The app has read it once, in whatever incarnation: from then on it may rely on events alone. */
  readByApp = false;
  /** The connection went since then, and nobody has caught up yet. */
  stale = false;
  /** What the handlers know from histories that are over, until this one is read. */
  previous = EMPTY.pairs;
  /** Which incarnation of the hub's store all this belongs to: a revision of one means nothing in another. */
  incarnation;

  /** @param {number} incarnation */
  constructor(incarnation) {
    this.incarnation = incarnation;
  }

  /**
   * Merges a change into the view.
   *
   * @param {import('./view.js').Change} change
   */
  apply(change) {
    return this.#replace(apply(this.view, change));
  }

  /** Delivers all that is pending. */
  deliver() {
    return this.#replace(deliverAll(this.view));
  }

  /** Gives up a message that is no longer there: what handlers know from before is gone. */
  abandon() {
    return this.#replace(deliverAll(inherit(EMPTY, this.previous)));
  }

  /** @param {number} incarnation the one that has begun */
  reset(incarnation) {
    this.previous = new Map([...this.previous, ...this.view.pairs]);
    Object.assign(this, { view: EMPTY, cursor: 0, complete: false, incarnation });
  }

  /**
   * Takes the answer to a read.
   *
   * @param {{ entries: import('./view.js').Entry[], complete: boolean, latestSeq: number, clearSeq: number, delivery: number }} answer
   *   the entries of all pages, and what the last page says
   */
  applyRead({ entries, complete, latestSeq, clearSeq, delivery }) {
    this.view = apply(this.view, {
      entries,
      clearSeq,
      completeSeq: complete ? latestSeq : 0,
      delivery,
    });
    this.cursor = Math.max(this.cursor, latestSeq);
    if (!complete) return;
    this.view = inherit(this.view, this.previous);
    this.previous = EMPTY.pairs;
    this.complete = true;
  }

  /**
   * Puts the new view in place and returns what is new to the handlers.
   *
   * @param {import('./view.js').View} view
   */
  #replace(view) {
    const changes = diff(this.view, view);
    this.view = view;
    return changes;
  }
}
