/**
 * Unread knows the numbers of messages: that of the last one of each conversation, and up to which
 * one the user has read, here or in another session.
 */
export class Unread {
  /** @type {Map<string, number>} by conversationID */
  _last = new Map();
  /** @type {Map<string, number>} what was read since the list was asked for */
  _read = new Map();

  /** The list is asked for: what is read from now on, the answer may not say. */
  begin() {
    this._read.clear();
  }

  /**
   * The list is there.
   *
   * @param {Map<string, number>} last
   */
  replace(last) {
    this._last = last;
  }

  /** @param {import('./message.js').Message} message one that is new in its conversation */
  onMessage({ conversationID, conversationType, sequence }) {
    const next = (this._last.get(conversationID) ?? 0) + 1;
    this._last.set(conversationID, conversationType === 'GROUP' ? sequence : next);
  }

  /**
   * @param {string} conversationID
   * @param {number} number
   */
  onRead(conversationID, number) {
    this._read.set(conversationID, number);
  }

  /**
   * Counts a conversation anew, if anything was read. Reports whether less is unread now.
   *
   * @param {{ conversationID: string, unreadCount: number }} conversation
   */
  recount(conversation) {
    const read = this._read.get(conversation.conversationID) ?? -Infinity;
    const unread = Math.max(0, (this._last.get(conversation.conversationID) ?? 0) - read);
    if (unread >= conversation.unreadCount) return false;
    conversation.unreadCount = unread;
    return true;
  }
}
