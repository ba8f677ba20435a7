import * as EVENT from './eventnames.js';
import { isRevoked } from './errors.js';
import { touch } from './lru.js';
import { TrackedMessage } from './tracked.js';
import { DELIVERED, live, PENDING, READ } from './view.js';
import { Writes } from './writes.js';

/**
 * @typedef {import('./message.js').Message} Message
 */

/** Messages tracked at a time. The least recently used are dropped, and read anew when needed. */
const MAX_TRACKED = 500;

/**
 * Pairs holds the pairs of the session's messages, and their Seqs, which no app sees. So what comes
 * late changes nothing: a page of a read that an event has overtaken, or an event of what was read.
 *
 * @template {import('./session.js').Session} [S=import('./session.js').Session]
 */
export class Pairs {
  _session;
  /** @type {Map<string, TrackedMessage>} by messageID */
  _tracked = new Map();
  /** The number of the connection: an answer on one proves nothing about the next. */
  _generation = 0;
  /** The number of the hub's store: revisions of one mean nothing in another. */
  _incarnation = 0;
  _writes;

  /** @param {S} session */
  constructor(session) {
    this._session = session;
    this._writes = new Writes(session, this);
  }

  /**
   * @param {Message} message
   * @param {{ key: string, value: string }[]} pairs
   * @param {boolean} [atomic]
   */
  async set({ ID }, pairs, atomic) {
    // All or nothing: of too many the hub is to say so
    const limit = atomic ? Infinity : this._session.perRequest;
    if (pairs.length > limit) console.warn(`Of more than ${limit} pairs the others are ignored.`);
    const items = pairs.slice(0, limit).map(({ key, value }) => ({ key, value }));
    return { extensions: await this._writes.change(ID, 'setMessageExtensions', items, atomic) };
  }

  /**
   * @param {Message} message
   * @param {string[]} keys all, if there is none
   */
  async delete({ ID }, keys) {
    if (!keys.length) {
      await this._writes.clear(ID);
      return { extensions: [] };
    }
    const items = keys.map((key) => ({ key }));
    return { extensions: await this._writes.change(ID, 'deleteMessageExtensions', items) };
  }

  /** @param {Message} message */
  async get({ ID }) {
    const generation = this._generation;
    const tracked = this.track(ID);
    const delivery = tracked.readByApp ? PENDING : READ;
    try {
      await this._read(ID, tracked, { complete: !tracked.complete, delivery, retry: true });
    } catch (error) {
      if (isRevoked(error)) this._session.onFoundRevoked(ID, error.data.revoker);
      throw error;
    }
    tracked.readByApp = true;
    if (generation === this._generation) this._onRead(tracked);
    return { extensions: live(tracked.view).map(({ key, value }) => ({ key, value })) };
  }

  /**
   * The app has read what it may have missed.
   *
   * @param {TrackedMessage} tracked
   */
  _onRead(tracked) {
    tracked.stale = false;
  }

  /** @param {any} event */
  onUpdated({ messageID, extensions, latestSeq }) {
    this.apply(messageID, { entries: extensions, delivery: DELIVERED });
    this.track(messageID).advance(latestSeq);
  }

  /** @param {any} event keys without a revision of their own: latestSeq is theirs */
  onDeleted({ messageID, keyList, latestSeq, clearSeq }) {
    const entries = keyList.map((/** @type {string} */ key) => ({
      key,
      value: '',
      seq: latestSeq,
    }));
    this.apply(messageID, { entries, clearSeq, delivery: DELIVERED });
    this.track(messageID).advance(latestSeq);
  }

  /** From now on something may be missed. What comes live says nothing of what was before. */
  onGap() {
    this._generation++;
    for (const tracked of this._tracked.values()) tracked.stale = true;
  }

  /** Forgets what the hub's last store held. All is read anew. */
  reset() {
    this._incarnation++;
    for (const tracked of this._tracked.values()) tracked.reset(this._incarnation);
  }

  /**
   * Forgets the pairs of a message that was revoked.
   *
   * @param {string} messageID
   */
  forget(messageID) {
    this._tracked.delete(messageID);
  }

  /**
   * Reads what the hub knows more, without telling handlers: they hear of it as of everything.
   *
   * @param {string} messageID
   * @param {number} deadline
   */
  ask(messageID, deadline) {
    const how = { complete: false, delivery: PENDING, retry: true, deadline };
    return this._read(messageID, this.track(messageID), how);
  }

  /**
   * Reads all pages from the cursor, or from 0, into the view.
   *
   * @param {string} messageID
   * @param {TrackedMessage} tracked
   * @param {{ complete: boolean, delivery: number, retry: boolean, deadline?: number }} how
   * @returns {Promise<void>}
   */
  async _read(messageID, tracked, { complete, delivery, retry, deadline }) {
    let startSeq = complete ? 0 : tracked.cursor + 1;
    const { incarnation } = tracked;
    /** @type {import('./view.js').Entry[]} */
    const entries = [];
    for (;;) {
      const page = await this._session.call(
        'getMessageExtensions',
        { messageID, startSeq },
        { retry, deadline },
      );
      // A smaller latestSeq: the store was restored from a backup, which changes no epoch.
      if (page.latestSeq < startSeq - 1) tracked.reset(++this._incarnation);
      // The hub lists no deletions up to purgedSeq any more. Only reading all pairs shows them.
      const incomplete = !complete && startSeq <= page.purgedSeq;
      if (incomplete || incarnation !== tracked.incarnation)
        return this._read(messageID, tracked, { complete: true, delivery, retry, deadline });
      entries.push(...page.extensions);
      if (page.completeFlag === 1) {
        const { clearSeq, latestSeq } = page;
        return tracked.applyRead({ entries, complete, clearSeq, latestSeq, delivery });
      }
      startSeq = page.extensions[page.extensions.length - 1].seq + 1;
    }
  }

  /**
   * @param {string} messageID
   * @param {import('./view.js').Change} change
   */
  apply(messageID, change) {
    this._emit(messageID, this.track(messageID).apply(change));
  }

  /**
   * Tells the app's handlers.
   *
   * @param {string} messageID
   * @param {{ updated: { key: string, value: string }[], deleted: string[] }} changes
   */
  _emit(messageID, { updated, deleted }) {
    const { emit } = this._session;
    if (updated.length) emit(EVENT.MESSAGE_EXTENSIONS_UPDATED, { messageID, extensions: updated });
    if (deleted.length) emit(EVENT.MESSAGE_EXTENSIONS_DELETED, { messageID, keyList: deleted });
  }

  /** @param {string} messageID */
  track(messageID) {
    return touch(
      this._tracked,
      messageID,
      this._tracked.get(messageID) ?? new TrackedMessage(this._incarnation),
      MAX_TRACKED,
    );
  }
}
