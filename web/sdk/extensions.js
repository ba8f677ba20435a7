import { EVENT } from './constants.js';
import { isTransient } from './errors.js';
import { Opened } from './opened.js';
import { use } from './recent.js';
import { apply, EMPTY, expectedSeq, inherit, live, news, OWED, READ, tell, TOLD } from './view.js';

/**
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./message.js').Message} Message
 */

/** Messages followed at a time; the ones used longest ago go first and are simply read anew when needed. */
const FOLLOWED = 500;

/** The pairs of the session's messages. The app never sees a Seq: it is kept here. */
export class Extensions {
  #session;
  /** @type {Map<string, Opened>} by messageID */
  #opened = new Map();
  /** Counts connections: what was asked on one proves nothing about the next. */
  #era = 0;
  /** Counts histories of the hub's store. */
  #history = 0;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /**
   * @param {Message} message
   * @param {{ key: string, value: string }[]} pairs
   */
  async set({ ID }, pairs) {
    const most = this.#session.perRequest;
    if (pairs.length > most) {
      console.warn(
        `setMessageExtensions takes ${most} pairs, the other ${pairs.length - most} are ignored.`,
      );
    }
    const { view } = this.#open(ID);
    const extensions = pairs
      .slice(0, most)
      .map(({ key, value }) => ({ key, value, seq: expectedSeq(view, key) }));
    return this.#change(ID, 'setMessageExtensions', extensions);
  }

  /**
   * @param {Message} message
   * @param {string[]} keys none: all
   */
  async delete({ ID }, keys) {
    const { view, history } = this.#open(ID);
    const extensions = keys.map((key) => ({ key, seq: expectedSeq(view, key) }));
    if (extensions.length) return this.#change(ID, 'deleteMessageExtensions', extensions);
    await this.#session.call('deleteMessageExtensions', { messageID: ID });
    // The reply lists nothing, but what was here when it was asked for is gone.
    const entries = live(view).map((pair) => ({ ...pair, value: '' }));
    if (history === this.#open(ID).history) this.#apply(ID, { entries, told: OWED });
    return { extensions: [] };
  }

  /** @param {Message} message */
  async get({ ID }) {
    const opened = this.#open(ID);
    await this.#read(ID, opened, {
      whole: !opened.whole,
      told: opened.read ? OWED : READ,
      reads: true,
    });
    opened.read = true;
    return { extensions: live(opened.view).map(({ key, value }) => ({ key, value })) };
  }

  /** @param {any} event */
  updated({ messageID, extensions, latestSeq }) {
    this.#apply(messageID, { entries: extensions, told: TOLD });
    this.#arrived(messageID, latestSeq);
  }

  /** @param {any} event its keys have no revision of their own: they are gone as of latestSeq */
  deleted({ messageID, keyList, latestSeq, clearSeq }) {
    const entries = keyList.map((/** @type {string} */ key) => ({
      key,
      value: '',
      seq: latestSeq,
    }));
    this.#apply(messageID, { entries, clearSeq, told: TOLD });
    this.#arrived(messageID, latestSeq);
  }

  down() {
    this.#era++;
    for (const opened of this.#opened.values()) opened.stale = true;
  }

  /** The hub began another history: all is read from the beginning, and told as far as it differs. */
  renew() {
    this.#history++;
    for (const opened of this.#opened.values()) opened.outdate(this.#history);
  }

  stale() {
    return [...this.#opened].filter(([, { stale }]) => stale).map(([messageID]) => messageID);
  }

  /**
   * Reads what changed while the connection was gone and tells it as if it came now.
   *
   * @param {string} messageID
   */
  async heal(messageID) {
    const era = this.#era;
    const opened = this.#opened.get(messageID);
    if (!opened) return;
    try {
      await this.#read(messageID, opened, { whole: opened.cursor === 0, told: OWED, reads: false });
    } catch (error) {
      if (isTransient(error)) return;
      this.#opened.delete(messageID);
      // If it was a message of another history, its pairs went with that.
      return this.#replace(messageID, opened, tell(inherit(EMPTY, opened.past)));
    }
    if (era !== this.#era) return;
    opened.stale = false;
    this.#replace(messageID, opened, tell(opened.view));
  }

  /**
   * Sends a set or a delete. Every item of the reply, conflicts included, says how the pair is now, so
   * the same call made again names the right Seq.
   *
   * @param {string} messageID
   * @param {string} method
   * @param {{ key: string, seq: number }[]} extensions
   */
  async #change(messageID, method, extensions) {
    const { history } = this.#open(messageID);
    // Before it is sent, another history may have begun, in which these revisions would name what nobody here has seen.
    const named = () =>
      history === this.#open(messageID).history
        ? extensions
        : extensions.map((item) => ({ ...item, seq: 0 }));
    const reply = await this.#session.call(method, () => ({ messageID, extensions: named() }));
    const asked = new Map(named().map(({ key, seq }) => [key, seq]));
    /** @type {{ code: number, key: string, value: string, seq: number }[]} */
    const items = reply.extensions;
    const entries = items.map(({ key, value, seq }) => ({
      key,
      value,
      // 0: there is not even a marker of it any more. Then it is the pair that we named that is gone.
      seq: seq || (asked.get(key) ?? 0),
    }));
    this.#apply(messageID, { entries, told: OWED });
    return { extensions: items.map(({ code, key, value }) => ({ code, key, value })) };
  }

  /**
   * Reads all pages from the cursor, or from 0, into the view.
   *
   * @param {string} messageID
   * @param {Opened} opened
   * @param {{ whole: boolean, told: number, reads: boolean }} how
   * @returns {Promise<void>}
   */
  async #read(messageID, opened, { whole, told, reads }) {
    let startSeq = whole ? 0 : opened.cursor + 1;
    const { history } = opened;
    /** @type {import('./view.js').Entry[]} */
    const entries = [];
    for (;;) {
      const page = await this.#session.call(
        'getMessageExtensions',
        { messageID, startSeq },
        { reads },
      );
      // A message never goes back within a history: the hub's store was set back, which changes no epoch.
      if (page.latestSeq < startSeq - 1) opened.outdate(++this.#history);
      // Deletions between the cursor and purgedSeq are no longer listed: only the whole can show them.
      const lacks = !whole && startSeq <= page.purgedSeq;
      if (lacks || history !== opened.history)
        return this.#read(messageID, opened, { whole: true, told, reads });
      entries.push(...page.extensions);
      if (page.completeFlag === 1) {
        const { clearSeq, latestSeq } = page;
        return opened.take({ entries, whole, clearSeq, latestSeq, told });
      }
      startSeq = page.extensions.at(-1).seq + 1;
    }
  }

  /**
   * Events come in order, so one that arrives says that all before it did; except after a lost
   * connection, until the gap is closed.
   *
   * @param {string} messageID
   * @param {number} latestSeq
   */
  #arrived(messageID, latestSeq) {
    const opened = this.#open(messageID);
    if (!opened.stale) opened.cursor = Math.max(opened.cursor, latestSeq);
  }

  /**
   * @param {string} messageID
   * @param {import('./view.js').Change} change
   */
  #apply(messageID, change) {
    const opened = this.#open(messageID);
    this.#replace(messageID, opened, apply(opened.view, change));
  }

  /**
   * Puts the new view in place, then tells the handlers what is new to them.
   *
   * @param {string} messageID
   * @param {Opened} opened
   * @param {import('./view.js').View} view
   */
  #replace(messageID, opened, view) {
    const { updated, deleted } = news(opened.view, view);
    opened.view = view;
    const { emit } = this.#session;
    if (updated.length) emit(EVENT.MESSAGE_EXTENSIONS_UPDATED, { messageID, extensions: updated });
    if (deleted.length) emit(EVENT.MESSAGE_EXTENSIONS_DELETED, { messageID, keyList: deleted });
  }

  /** @param {string} messageID */
  #open(messageID) {
    return use(
      this.#opened,
      messageID,
      this.#opened.get(messageID) ?? new Opened(this.#history),
      FOLLOWED,
    );
  }
}
