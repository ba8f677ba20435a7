import { isRefusal, isRevoked, isTransient, NOT_A_MEMBER } from './errors.js';
import { conversationOf } from './ids.js';
import { Pairs } from './pairs.js';
import { deliverAll, EMPTY, inherit, PENDING } from './view.js';

/**
 * Extensions are pairs whose handlers get what they missed, so that they may rely on events.
 *
 * @extends {Pairs<import('./chatsession.js').ChatSession>}
 */
export class Extensions extends Pairs {
  /**
   * What was missed is still to be told.
   *
   * @override
   */
  _onRead() {}

  /**
   * No pair comes before its message, and that one may wait for the return, as may what is missed.
   *
   * @override
   * @param {string} messageID
   * @param {import('./view.js').Change} change
   */
  apply(messageID, change) {
    if (!this._isAway(messageID)) super.apply(messageID, change);
  }

  staleIDs() {
    return [...this._tracked]
      .filter(([messageID, { stale }]) => stale && !this._isAway(messageID))
      .map(([messageID]) => messageID);
  }

  /** @param {string} messageID */
  _isAway(messageID) {
    return this._session.away.has(conversationOf(messageID));
  }

  /**
   * Notes that the user came into a conversation or left it. Reports whether anything of its
   * messages may have been missed.
   *
   * @param {string} conversationID
   */
  onMove(conversationID) {
    const away = this._session.away.has(conversationID);
    let missed = false;
    for (const [messageID, tracked] of this._tracked) {
      if (conversationOf(messageID) !== conversationID) continue;
      tracked.stale ||= away;
      tracked.moves++;
      missed ||= tracked.stale;
    }
    return missed;
  }

  /**
   * Reads what changed while there was no connection, and tells the handlers.
   *
   * @param {string} messageID
   */
  async catchUp(messageID) {
    const generation = this._generation;
    const tracked = this._tracked.get(messageID);
    if (!tracked) return;
    const { moves } = tracked;
    const how = { complete: tracked.cursor === 0, delivery: PENDING, retry: false };
    try {
      await this._read(messageID, tracked, how);
    } catch (error) {
      if (isTransient(error)) return;
      if (!isRefusal(error)) throw error;
      // Somebody who was removed may come back, and may have by now: the hub can have refused
      // before that. Of another store nothing is left to come back to.
      if (error.code === NOT_A_MEMBER && !tracked.previous.size) {
        if (moves === tracked.moves) this._session.setAway(conversationOf(messageID), true);
        return;
      }
      this._tracked.delete(messageID);
      if (isRevoked(error)) return this._session.onFoundRevoked(messageID, error.data.revoker);
      // A message of another store: its pairs went with it.
      const gone = deliverAll(inherit(EMPTY, tracked.previous));
      return this._emit(messageID, tracked.replace(gone));
    }
    if (generation !== this._generation || moves !== tracked.moves) return;
    tracked.stale = false;
    this._emit(messageID, tracked.replace(deliverAll(tracked.view)));
  }
}
