import { apply, diff, EMPTY, inherit } from './view.js';

/** TrackedMessage is what the session knows of one message's pairs, and up to which revision. */
export class TrackedMessage {
  view = EMPTY;
  /** All changes up to this revision have come, since the first read or event. */
  cursor = 0;
  /** Whether all pairs were read, so that `view` has more than those that changed. */
  complete = false;
  /** Whether the app has read it once. From then on it may rely on events alone. */
  readByApp = false;
  /** Whether the connection was lost since then. */
  stale = false;
  /** How often the user has come into it or left. An answer from before says nothing of since. */
  moves = 0;
  /** The revision of the last clear, as far as it is known. */
  clearSeq = 0;
  /** @type {Map<string, import('./writes.js').Doubt>} writes without an answer, by key */
  doubts = new Map();
  /** What handlers know from earlier stores, until this one is read. */
  previous = EMPTY.pairs;
  /** The number of the store that all revisions here belong to. */
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
    this.clearSeq = Math.max(this.clearSeq, change.clearSeq ?? 0);
    return this.replace(apply(this.view, change));
  }

  /**
   * Moves the cursor. Events come in order, so all before this one have come; except after a gap,
   * until it has caught up.
   *
   * @param {number} latestSeq
   */
  advance(latestSeq) {
    if (!this.stale) this.cursor = Math.max(this.cursor, latestSeq);
  }

  /** @param {number} incarnation of the store that replaced the last */
  reset(incarnation) {
    this.previous = new Map([...this.previous, ...this.view.pairs]);
    Object.assign(this, { view: EMPTY, cursor: 0, clearSeq: 0, complete: false, incarnation });
    this.doubts.clear();
  }

  /**
   * Merges the pages of a read.
   *
   * @param {object} pages the entries of all of them, the Seqs of the last
   * @param {import('./view.js').Entry[]} pages.entries
   * @param {boolean} pages.complete
   * @param {number} pages.latestSeq
   * @param {number} pages.clearSeq
   * @param {number} pages.delivery
   */
  applyRead({ entries, complete, latestSeq, clearSeq, delivery }) {
    this.view = apply(this.view, {
      entries,
      clearSeq,
      completeSeq: complete ? latestSeq : 0,
      delivery,
    });
    this.cursor = Math.max(this.cursor, latestSeq);
    this.clearSeq = Math.max(this.clearSeq, clearSeq);
    if (!complete) return;
    this.view = inherit(this.view, this.previous);
    this.previous = EMPTY.pairs;
    this.complete = true;
  }

  /**
   * Replaces the view and returns what is new to the handlers.
   *
   * @param {import('./view.js').View} view
   */
  replace(view) {
    const changes = diff(this.view, view);
    this.view = view;
    return changes;
  }
}
