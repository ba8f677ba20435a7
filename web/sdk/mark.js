/**
 * Mark is up to where the handlers know a conversation: by the numbers of a group's messages, which
 * have no gaps, or by the ID of the newest message one-to-one. No clock is asked: that of the hub
 * may be set back, and those of two hubs may differ.
 */
export class Mark {
  /** In a group: all messages from the first that was told to this one were told. */
  sequence = 0;
  /** @type {Set<number>} in a group: messages behind a gap that were told */
  ahead = new Set();
  /** One-to-one: the newest message that was told, '' if there was none. */
  ID = '';
  /** Whether something may have been missed. */
  stale = false;
  /** How often the user has come into it or left. An answer from before says nothing of since. */
  moves = 0;
  /** Whether the hub's store was replaced, so that numbers and IDs mean nothing. */
  anew = false;
  /**
   * The position behind which the hub has messages that nobody was told of, as when the first ones
   * came while there was no connection; '' where numbers and IDs say what was missed.
   */
  since = '';

  /**
   * Notes that a message was told. Those of a group may be told in any order: the answer to one's
   * own may overtake an older one of somebody else's.
   *
   * @param {{ ID: string, sequence: number, conversationType: string }} message
   */
  tell({ ID, sequence, conversationType }) {
    if (conversationType !== 'GROUP') {
      if (!this.stale) this.ID = ID;
      return;
    }
    if (sequence > this.sequence) this.ahead.add(sequence);
    if (this.stale) return;
    while (this.ahead.delete(this.sequence + 1)) this.sequence++;
  }

  /**
   * Notes that all messages up to this one were told.
   *
   * @param {{ ID: string, sequence: number } | undefined} newest undefined if there is none
   */
  moveTo(newest) {
    this.ID = newest?.ID ?? '';
    this.sequence = this.anew
      ? (newest?.sequence ?? 0)
      : Math.max(this.sequence, newest?.sequence ?? 0);
    for (const sequence of [...this.ahead])
      if (sequence <= this.sequence) this.ahead.delete(sequence);
    this.anew = false;
    this.since = '';
  }

  /** Forgets numbers and IDs, which name other messages once the hub's store was replaced. */
  reset() {
    this.anew = true;
    this.since = '';
    this.sequence = 0;
    this.ahead.clear();
    this.ID = '';
  }
}
