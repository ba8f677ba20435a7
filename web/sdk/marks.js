import { Mark } from './mark.js';

/** Marks holds up to where each conversation is known that the session follows. */
export class Marks {
  /** @type {Map<string, Mark>} by conversationID */
  _all = new Map();
  /** The number of the connection: an answer on one proves nothing about the next. */
  generation = 0;
  _away;

  /** @param {ReadonlySet<string>} away the conversations that the user is not in */
  constructor(away) {
    this._away = away;
  }

  /** @param {string} conversationID */
  get(conversationID) {
    return this._all.get(conversationID);
  }

  /** @param {string} conversationID */
  delete(conversationID) {
    this._all.delete(conversationID);
  }

  /**
   * Begins to follow a conversation. An answer may come behind the user's removal.
   *
   * @param {string} conversationID
   * @param {number} generation when it was read
   */
  begin(conversationID, generation) {
    const mark = new Mark();
    mark.stale = generation !== this.generation || this._away.has(conversationID);
    this._all.set(conversationID, mark);
    return mark;
  }

  /**
   * Follows a conversation with messages that may have been missed since a position. One that waits
   * to be caught up knows by itself what it missed; one that was begun on this connection does not.
   *
   * @param {string} conversationID
   * @param {string} since
   */
  beginSince(conversationID, since) {
    const mark = this.get(conversationID) ?? this.begin(conversationID, this.generation);
    if (!mark.stale) Object.assign(mark, { stale: true, since });
  }

  /**
   * Notes that handlers, or the sender, know of the message.
   *
   * @param {Pick<import('./message.js').Message, 'ID' | 'conversationID' | 'conversationType' |
   *   'sequence'>} message
   * @param {number} generation when it was requested
   */
  tell(message, generation) {
    const mark = this._all.get(message.conversationID);
    if (mark) mark.tell(message);
    else this.begin(message.conversationID, generation).moveTo(message);
  }

  /**
   * Notes that the user came into a conversation or left it. Reports whether anything may have been
   * missed.
   *
   * @param {string} conversationID
   */
  onMove(conversationID) {
    const mark = this._all.get(conversationID);
    if (!mark) return false;
    mark.stale ||= this._away.has(conversationID);
    mark.moves++;
    return mark.stale;
  }

  onDisconnect() {
    this.generation++;
    for (const mark of this._all.values()) mark.stale = true;
  }

  /** Forgets numbers and IDs, which name other messages once the hub's store was replaced. */
  reset() {
    for (const mark of this._all.values()) mark.reset();
  }

  staleIDs() {
    return [...this._all]
      .filter(([conversationID, { stale }]) => stale && !this._away.has(conversationID))
      .map(([conversationID]) => conversationID);
  }
}
