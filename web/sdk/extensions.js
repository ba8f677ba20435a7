import { isRefusal, isRevoked, isTransient, NOT_A_MEMBER } from './errors.js';
import { groupPrefix } from './ids.js';
import { Pairs } from './pairs.js';
import { deliverAll, EMPTY, inherit, PENDING } from './view.js';

/** Extensions are pairs whose handlers get what they missed, so that they may rely on events. */
export class Extensions extends Pairs {
  /**
   * What was missed is still to be told.
   *
   * @override
   */
  _onRead() {}

  onDisconnect() {
    this.onGap();
    for (const tracked of this._tracked.values()) tracked.away = false; // who knows
  }

  staleIDs() {
    return [...this._tracked]
      .filter(([, { stale, away }]) => stale && !away)
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
    const all = [...this._tracked].filter(([ID]) => ID.startsWith(prefix));
    for (const [, tracked] of all) {
      tracked.stale ||= away;
      tracked.away = away;
      if (!away) tracked.returns++;
    }
    return all.some(([, { stale }]) => stale);
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
    const { returns } = tracked;
    const how = { complete: tracked.cursor === 0, delivery: PENDING, retry: false };
    try {
      await this._read(messageID, tracked, how);
    } catch (error) {
      if (isTransient(error)) return;
      if (!isRefusal(error)) throw error;
      // Somebody who was removed may come back, and may have by now: the hub can have refused
      // before that. Of another store nothing is left to come back to.
      if (error.code === NOT_A_MEMBER && !tracked.previous.size) {
        tracked.away = returns === tracked.returns;
        return;
      }
      this._tracked.delete(messageID);
      if (isRevoked(error)) return this._session.onFoundRevoked(messageID, error.data.revoker);
      // A message of another store: its pairs went with it.
      const gone = deliverAll(inherit(EMPTY, tracked.previous));
      return this._emit(messageID, tracked.replace(gone));
    }
    // What was answered before a return says nothing of what was missed until then.
    if (generation !== this._generation || tracked.away || returns !== tracked.returns) return;
    tracked.stale = false;
    this._emit(messageID, tracked.replace(deliverAll(tracked.view)));
  }
}
