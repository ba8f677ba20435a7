import * as CLIENT from './clientcodes.js';
import { ChatError, isTransient, mayBeDone } from './errors.js';
import { Queue } from './queue.js';
import { expectedSeq, live, PENDING } from './view.js';

/**
 * @typedef {{ code: number, key: string, value: string }} Outcome
 * @typedef {{ key: string, value?: string }} Item an item of a deletion has no value
 *
 * @typedef {object} Doubt a write of a pair whose answer did not come
 * @property {string} value that it wrote, "" for a deletion
 * @property {import('./view.js').Pair | undefined} before the pair as it was known then
 * @property {number} cursor up to where all changes were known then
 * @property {Call} by
 *
 * @typedef {object} Call a set or a deletion that an app has asked for
 * @property {number} deadline
 * @property {boolean} [atomic] all items or none: if one is a conflict, all are
 * @property {Map<string, Outcome>} outcomes those that are known
 * @property {ChatError} [lost] the error of its own lost answer
 */

const CONFLICT = 23001;

/**
 * Writes carries out the app's sets, deletions and clears. What users do is no conflict for what
 * they do next: writes of one pair leave one after the other, each with the Seq that the one before
 * has left, and a write whose answer was lost is settled by asking, before anything is sent again.
 */
export class Writes {
  _session;
  _extensions;
  /**
   * Under which key the hub keeps a pair of a message with anonymous ones, by the message and the
   * key that the app names: its answers tell.
   *
   * @type {Map<string, string>}
   */
  _pseudonyms = new Map();
  _queue = new Queue();

  /**
   * @param {import('./session.js').Session} session
   * @param {import('./pairs.js').Pairs} extensions
   */
  constructor(session, extensions) {
    this._session = session;
    this._extensions = extensions;
  }

  /**
   * Sets or deletes pairs, each of which has an outcome of its own.
   *
   * @param {string} ID
   * @param {string} method
   * @param {Item[]} items
   * @param {boolean} [atomic]
   */
  change(ID, method, items, atomic) {
    /** @type {Call} */
    const call = { deadline: this._session.deadline(), atomic, outcomes: new Map() };
    const keys = items.map(({ key }) => key);
    return this._queue.run(ID, keys, () => this._change(ID, method, items, call));
  }

  /**
   * Deletes all pairs of a message.
   *
   * @param {string} ID
   */
  clear(ID) {
    const deadline = this._session.deadline();
    return this._queue.run(ID, null, () => this._clear(ID, deadline));
  }

  /**
   * @param {string} ID
   * @param {string} method
   * @param {Item[]} items
   * @param {Call} call
   */
  async _change(ID, method, items, call) {
    let open = items;
    for (;;) {
      open = await this._settle(ID, open, call);
      try {
        if (open.length) await this._send(ID, method, open, call);
        return items.map(
          ({ key, value = '' }) => call.outcomes.get(key) ?? { code: 0, key, value },
        );
      } catch (error) {
        if (!(error instanceof ChatError) || error.code !== CLIENT.LOST) throw error;
        call.lost = error;
      }
    }
  }

  /**
   * Sends the items, with the Seqs of the moment in which they leave.
   *
   * Each item of the answer, also of a conflict, has the pair as it is now, so that the same call
   * made again names the right Seq.
   *
   * @param {string} ID
   * @param {string} method
   * @param {Item[]} items
   * @param {Call} call
   */
  async _send(ID, method, items, call) {
    let { view, cursor } = this._extensions.track(ID);
    const params = () => {
      ({ view, cursor } = this._extensions.track(ID));
      const extensions = items.map((item) => ({
        ...item,
        seq: expectedSeq(view, this._pseudonyms.get(`${ID} ${item.key}`) ?? item.key),
      }));
      return { messageID: ID, extensions, atomic: call.atomic };
    };
    try {
      const reply = await this._session.call(method, params, call);
      /** @type {{ code: number, key: string, value: string, seq: number }[]} */
      const answers = reply.extensions;
      // Seq 0: not even a tombstone is left, so the pair is gone whose Seq was named.
      const entries = answers.map(({ key, value, seq }) => ({
        key,
        value,
        seq: seq || expectedSeq(view, key),
      }));
      this._extensions.apply(ID, { entries, delivery: PENDING });
      answers.forEach(({ code, key: stored, value }, i) => {
        const key = items[i]?.key ?? stored;
        call.outcomes.set(key, { code, key, value });
        if (stored !== key) this._pseudonyms.set(`${ID} ${key}`, stored);
      });
    } catch (error) {
      if (mayBeDone(error)) {
        const { doubts } = this._extensions.track(ID);
        for (const { key, value = '' } of items)
          doubts.set(key, { value, before: view.pairs.get(key), cursor, by: call });
      }
      throw error;
    }
  }

  /**
   * Asks what became of earlier writes of these pairs whose answers did not come, if there are any,
   * and returns the items that are still to be sent. A pair that somebody else has changed since is
   * a conflict, unless the app had heard of it before it made this call. Of an atomic set all are
   * conflicts then, and otherwise all are sent again: what is so already is a part of the whole.
   *
   * @param {string} ID
   * @param {Item[]} items
   * @param {Call} call
   */
  async _settle(ID, items, call) {
    const { atomic, outcomes } = call;
    const { doubts, view } = this._extensions.track(ID);
    if (!items.some(({ key }) => doubts.has(key))) return items;
    try {
      await this._extensions.ask(ID, call.deadline);
    } catch (error) {
      if (!isTransient(error)) throw error;
      throw (
        call.lost ?? new ChatError(CLIENT.OFFLINE, 'The hub did not answer, so nothing was sent.')
      );
    }
    const { pairs } = this._extensions.track(ID).view;
    /** @param {Item} item */
    const conflict = ({ key }) =>
      outcomes.set(key, { code: CONFLICT, key, value: pairs.get(key)?.value ?? '' });
    const open = items.filter((item) => {
      const { key, value = '' } = item;
      const doubt = doubts.get(key);
      doubts.delete(key);
      const now = pairs.get(key);
      const there = now?.value ?? '';
      if (!doubt || isAsBefore(now, doubt)) return true;
      const told = doubt.by !== call && now === view.pairs.get(key);
      if (there === doubt.value || told) return there !== value;
      conflict(item);
      return false;
    });
    if (!atomic) return open;
    if (outcomes.size) items.forEach(conflict);
    return open.length && !outcomes.size ? items : [];
  }

  /**
   * @param {string} ID
   * @param {number} deadline
   */
  async _clear(ID, deadline) {
    for (;;) {
      let { view, clearSeq, incarnation } = this._extensions.track(ID);
      try {
        await this._session.call(
          'deleteMessageExtensions',
          () => {
            ({ view, clearSeq, incarnation } = this._extensions.track(ID));
            return { messageID: ID, clear: true };
          },
          { deadline },
        );
        // The reply lists no pairs, but those known when it was sent are gone.
        const entries = live(view).map((pair) => ({ ...pair, value: '' }));
        if (incarnation === this._extensions.track(ID).incarnation)
          this._extensions.apply(ID, { entries, delivery: PENDING });
        return;
      } catch (error) {
        if (!(error instanceof ChatError) || error.code !== CLIENT.LOST) throw error;
        await this._extensions.ask(ID, deadline).catch(() => {
          throw error;
        });
        if (this._extensions.track(ID).clearSeq > clearSeq) return;
      }
    }
  }
}

/**
 * Whether nobody has written the pair since the write that is in doubt was sent, nor that write.
 *
 * @param {import('./view.js').Pair | undefined} now
 * @param {Doubt} doubt
 */
function isAsBefore(now, { before, cursor }) {
  if (!now) return true;
  if (before && before.value !== '') return now.seq === before.seq && now.value !== '';
  return now.value === '' && now.seq <= Math.max(before?.seq ?? 0, cursor);
}
