import { EVENT } from './constants.js';
import { isRefusal, isTransient } from './errors.js';
import { touch } from './lru.js';
import { TrackedMessage } from './tracked.js';
import { DELIVERED, expectedSeq, live, PENDING, READ } from './view.js';

/**
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./message.js').Message} Message
 */

/** Messages tracked at a time. The least recently used are dropped, and read anew when needed. */
const MAX_TRACKED = 500;

/** Extensions holds the pairs of the session's messages, and their Seqs, which no app sees. */
export class Extensions {
  _session;
  /** @type {Map<string, TrackedMessage>} by messageID */
  _tracked = new Map();
  /** The number of the connection: an answer on one proves nothing about the next. */
  _generation = 0;
  /** The number of the hub's store: revisions of one mean nothing in another. */
  _incarnation = 0;

  /** @param {Session} session */
  constructor(session) {
    this._session = session;
  }

  /**
   * @param {Message} message
   * @param {{ key: string, value: string }[]} pairs
   */
  async set({ ID }, pairs) {
    const limit = this._session.perRequest;
    if (pairs.length > limit) {
      console.warn(
        `setMessageExtensions takes ${limit} pairs, the other ${pairs.length - limit} are ignored.`,
      );
    }
    const { view } = this._track(ID);
    const extensions = pairs
      .slice(0, limit)
      .map(({ key, value }) => ({ key, value, seq: expectedSeq(view, key) }));
    return this._change(ID, 'setMessageExtensions', extensions);
  }

  /**
   * @param {Message} message
   * @param {string[]} keys all, if there is none
   */
  async delete({ ID }, keys) {
    const { view, incarnation } = this._track(ID);
    const extensions = keys.map((key) => ({ key, seq: expectedSeq(view, key) }));
    if (extensions.length) return this._change(ID, 'deleteMessageExtensions', extensions);
    await this._session.call('deleteMessageExtensions', { messageID: ID, clear: true });
    // The reply lists no pairs, but those known when it was sent are gone.
    const entries = live(view).map((pair) => ({ ...pair, value: '' }));
    if (incarnation === this._track(ID).incarnation)
      this._apply(ID, { entries, delivery: PENDING });
    return { extensions: [] };
  }

  /** @param {Message} message */
  async get({ ID }) {
    const tracked = this._track(ID);
    await this._read(ID, tracked, {
      complete: !tracked.complete,
      delivery: tracked.readByApp ? PENDING : READ,
      retry: true,
    });
    tracked.readByApp = true;
    return { extensions: live(tracked.view).map(({ key, value }) => ({ key, value })) };
  }

  /** @param {any} event */
  onUpdated({ messageID, extensions, latestSeq }) {
    this._apply(messageID, { entries: extensions, delivery: DELIVERED });
    this._advance(messageID, latestSeq);
  }

  /** @param {any} event keys without a revision of their own: latestSeq is theirs */
  onDeleted({ messageID, keyList, latestSeq, clearSeq }) {
    const entries = keyList.map((/** @type {string} */ key) => ({
      key,
      value: '',
      seq: latestSeq,
    }));
    this._apply(messageID, { entries, clearSeq, delivery: DELIVERED });
    this._advance(messageID, latestSeq);
  }

  onDisconnect() {
    this._generation++;
    for (const tracked of this._tracked.values()) tracked.stale = true;
  }

  /** Forgets what the hub's last store held. All is read anew; handlers get what differs. */
  reset() {
    this._incarnation++;
    for (const tracked of this._tracked.values()) tracked.reset(this._incarnation);
  }

  staleIDs() {
    return [...this._tracked].filter(([, { stale }]) => stale).map(([messageID]) => messageID);
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
    try {
      await this._read(messageID, tracked, {
        complete: tracked.cursor === 0,
        delivery: PENDING,
        retry: false,
      });
    } catch (error) {
      if (isTransient(error)) return;
      if (!isRefusal(error)) throw error;
      this._tracked.delete(messageID);
      // A message of another store: its pairs went with it.
      return this._emit(messageID, tracked.abandon());
    }
    if (generation !== this._generation) return;
    tracked.stale = false;
    this._emit(messageID, tracked.deliver());
  }

  /**
   * Sends a set or a delete. Each item of the reply, also of a conflict, has the pair as it is now,
   * so that the same call made again names the right Seq.
   *
   * @param {string} messageID
   * @param {string} method
   * @param {{ key: string, seq: number }[]} extensions
   */
  async _change(messageID, method, extensions) {
    const { incarnation } = this._track(messageID);
    // While the call waits, the store may be replaced. There these Seqs name other pairs.
    const named = () =>
      incarnation === this._track(messageID).incarnation
        ? extensions
        : extensions.map((item) => ({ ...item, seq: 0 }));
    const reply = await this._session.call(method, () => ({ messageID, extensions: named() }));
    const asked = new Map(named().map(({ key, seq }) => [key, seq]));
    /** @type {{ code: number, key: string, value: string, seq: number }[]} */
    const items = reply.extensions;
    const entries = items.map(({ key, value, seq }) => ({
      key,
      value,
      // 0: not even a tombstone is left, so it is the pair of the Seq that we named that is gone.
      seq: seq || (asked.get(key) ?? 0),
    }));
    this._apply(messageID, { entries, delivery: PENDING });
    return { extensions: items.map(({ code, key, value }) => ({ code, key, value })) };
  }

  /**
   * Reads all pages from the cursor, or from 0, into the view.
   *
   * @param {string} messageID
   * @param {TrackedMessage} tracked
   * @param {{ complete: boolean, delivery: number, retry: boolean }} how
   * @returns {Promise<void>}
   */
  async _read(messageID, tracked, { complete, delivery, retry }) {
    let startSeq = complete ? 0 : tracked.cursor + 1;
    const { incarnation } = tracked;
    /** @type {import('./view.js').Entry[]} */
    const entries = [];
    for (;;) {
      const page = await this._session.call(
        'getMessageExtensions',
        { messageID, startSeq },
        { retry },
      );
      // A smaller latestSeq: the store was restored from a backup, which changes no epoch.
      if (page.latestSeq < startSeq - 1) tracked.reset(++this._incarnation);
      // The hub lists no deletions up to purgedSeq any more. Only reading all pairs shows them.
      const incomplete = !complete && startSeq <= page.purgedSeq;
      if (incomplete || incarnation !== tracked.incarnation)
        return this._read(messageID, tracked, { complete: true, delivery, retry });
      entries.push(...page.extensions);
      if (page.completeFlag === 1) {
        const { clearSeq, latestSeq } = page;
        return tracked.applyRead({ entries, complete, clearSeq, latestSeq, delivery });
      }
      startSeq = page.extensions[page.extensions.length - 1].seq + 1;
    }
  }

  /**
   * Moves the cursor. Events come in order, so all before this one have come; except after a lost
   * connection, until it has caught up.
   *
   * @param {string} messageID
   * @param {number} latestSeq
   */
  _advance(messageID, latestSeq) {
    const tracked = this._track(messageID);
    if (!tracked.stale) tracked.cursor = Math.max(tracked.cursor, latestSeq);
  }

  /**
   * @param {string} messageID
   * @param {import('./view.js').Change} change
   */
  _apply(messageID, change) {
    this._emit(messageID, this._track(messageID).apply(change));
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
  _track(messageID) {
    return touch(
      this._tracked,
      messageID,
      this._tracked.get(messageID) ?? new TrackedMessage(this._incarnation),
      MAX_TRACKED,
    );
  }
}
