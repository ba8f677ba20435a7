import { isRefusal, isRevoked, isTransient, NOT_A_MEMBER } from './errors.js';
import { groupPrefix } from './ids.js';
import { Pairs } from './pairs.js';
import { deliverAll, EMPTY, inherit, PENDING } from './view.js';

/** Extensions are pairs whose handlers get what they missed, so that they may rely on events. */
export class Extensions extends Pairs {
  /**
   * What IDs of messages in groups begin with that the user is not in. What is missed of them is
   * read after the return.
   *
   * @type {Set<string>}
   */
  _away = new Set();

  /**
   * What was missed is still to be told.
   *
   * @override
   */
  _onRead() {}

  onDisconnect() {
    this.onGap();
    this._away.clear(); // who knows
  }

  /**
   * No pair comes before its message, and that one may wait for the return, as may what is missed.
   *
   * @override
   * @param {string} messageID
   * @param {import('./view.js').Change} change
   */
  apply(messageID, change) {
    if (!this._away.has(prefixOf(messageID))) super.apply(messageID, change);
  }

  staleIDs() {
    return [...this._tracked]
      .filter(([messageID, { stale }]) => stale && !this._away.has(prefixOf(messageID)))
      .map(([messageID]) => messageID);
  }

  /**
   * Waits with what is missed of a group's messages until the user is in it again. Reports whether
   * anything may have been missed.
   *
   * @param {string} groupID
   * @param {boolean} away
   */
  setAway(groupID, away) {
    const prefix = groupPrefix(groupID);
    if (away) this._away.add(prefix);
    else this._away.delete(prefix);
    let missed = false;
    for (const [messageID, tracked] of this._tracked) {
      if (!messageID.startsWith(prefix)) continue;
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
        if (moves === tracked.moves) this._away.add(prefixOf(messageID));
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

/** @param {string} messageID */
const prefixOf = (messageID) => messageID.replace(/[^.]+$/, '');
