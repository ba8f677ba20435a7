/** @typedef {import('./source.js').Source} Source */

/** The connection or the session is lost: the next one takes it again. */
const OFFLINE = [2800, 2801, 2805, 2999];
/** The hub has too much to do, or this user asks too often: later it may take it. */
const BUSY = [23003, 10006, 10002, 60007, 429, 503];
export const CONFLICT = 23001;
/** The SDK's code for what may have been done. */
const UNKNOWN = 2801;
/** Attempts on a busy hub. */
const MAX_ATTEMPTS = 6;

/** @param {any} error */
export const isOffline = ({ code }) => OFFLINE.includes(code);

/** @param {any} error */
export const isBusy = ({ code }) => BUSY.includes(code);

/**
 * Milliseconds until the next attempt: more each time, and not all at the same moment.
 *
 * @param {number} attempt from 0
 * @param {{ after?: number }} [error]
 */
export const pause = (attempt, { after = 0 } = {}) =>
  after * 1000 + (0.5 + Math.random()) * Math.min(30_000, 1000 * 2 ** attempt);

/**
 * @typedef {object} Wish what the pair shall be
 * @property {string} value '' to delete it
 * @property {(value?: any) => void} resolve
 * @property {(error: any) => void} reject
 */

/**
 * Answer is this user's own pair of a message: as it is, and as it shall be once the hub has it. A
 * wish stays until the hub takes or refuses it, over lost connections and busy minutes; the next
 * wish takes its place.
 */
export class Answer {
  /** @type {Wish | null} what has not reached the hub yet */
  wish = null;
  /** @type {{ mine: string, theirs: string } | null} */
  conflict = null;
  busy = false;
  /** @type {string | undefined} what this page wrote last, where pairs don't tell whose they are */
  written;

  _source;
  _key;
  _anonymous;
  _on;
  _sending = false;
  _attempts = 0;
  /** @type {any} */
  _timer;

  /**
   * @param {Source} source
   * @param {string} key
   * @param {boolean} anonymous whether the pair is kept under another key
   * @param {object} on
   * @param {() => void} on.change
   * @param {() => string} on.stored the value that is shown as the hub's
   * @param {(value: string) => void} on.done
   * @param {(error: any) => void} on.refused
   * @param {(conflict: { mine: string, theirs: string }) => void} on.conflict
   */
  constructor(source, key, anonymous, on) {
    this._source = source;
    this._key = key;
    this._anonymous = anonymous;
    this._on = on;
  }

  /**
   * Sets the pair, or deletes it with ''. Resolves when the hub has it; rejects if it refuses, and
   * with 23001 after a conflict.
   *
   * @param {string} value
   * @returns {Promise<void>}
   */
  write(value) {
    return new Promise((resolve, reject) => {
      const before = this.wish;
      this.conflict = null;
      this.wish = {
        value,
        resolve: () => (before?.resolve(), resolve()),
        reject: (error) => (reject(error), before?.reject(error)),
      };
      this.flush();
    });
  }

  /**
   * Takes the wish of an answer to the same message that has lost its session.
   *
   * @param {Answer} former
   */
  adopt(former) {
    this.wish = former.wish;
    former.wish = null;
    this.flush();
  }

  /** Sends the wish, if there is one and a connection. */
  flush() {
    this.stop();
    if (this.wish && !this._sending && this._source.online) void this._send(this.wish);
    this._on.change();
  }

  /** Goes on, if it was waiting for a connection and not for its next attempt. */
  resume() {
    if (this._timer === undefined) this.flush();
  }

  /** Waits for nothing any more. The wish stays, for who adopts it. */
  stop() {
    clearTimeout(this._timer);
    this._timer = undefined;
  }

  /** Another message takes its place. What was sent may have been done. */
  end() {
    this.stop();
    this.wish?.reject(Object.assign(new Error('another message'), { code: UNKNOWN }));
    this.wish = null;
  }

  /** @param {Wish} wish */
  async _send(wish) {
    this._sending = true;
    try {
      const { code, value } = await this._write(wish.value);
      this.busy = false;
      this._attempts = 0;
      if (code === CONFLICT && this.wish === wish) this._onConflict(wish, value);
      else this._settle(wish);
    } catch (error) {
      this._onError(wish, error);
    }
    this._sending = false;
    if (this.wish && this.wish !== wish) this.flush();
  }

  /** @param {string} value */
  async _write(value) {
    const { pairs } = this._source;
    const before = pairs.get(this._key);
    const seen = this._on.stored();
    let outcome = await this._attempt(value);
    // After a reload nobody knows under which hash the own pair is, until the hub's answer says it.
    if (this._anonymous && outcome.code === CONFLICT && outcome.value === seen)
      outcome = await this._attempt(value);
    this.written = outcome.value;
    // Unless an event has told what came of it, or of a later change.
    if (!this._anonymous && pairs.get(this._key) === before) {
      if (outcome.value) pairs.set(this._key, outcome.value);
      else pairs.delete(this._key);
    }
    return outcome;
  }

  /** @param {string} value */
  async _attempt(value) {
    const { chat, message } = this._source;
    const ours = /** @type {import('../sdk/index.js').Message} */ (message);
    const change = value
      ? chat.setMessageExtensions(ours, [{ key: this._key, value }])
      : chat.deleteMessageExtensions(ours, [this._key]);
    // Behind it on the same connection: a summary that has this vote, so that no bar jumps back.
    const summary = this._source.readSummary().catch(() => {});
    const [{ data }] = await Promise.all([change, summary]);
    return data.extensions[0] ?? { code: 0, value };
  }

  /** @param {Wish} wish */
  _settle(wish) {
    if (this.wish !== wish) return;
    this.wish = null;
    wish.resolve();
    this._on.done(wish.value);
    this._on.change();
  }

  /**
   * @param {Wish} wish
   * @param {string} theirs
   */
  _onConflict(wish, theirs) {
    this.wish = null;
    this.conflict = { mine: wish.value, theirs };
    this._on.conflict(this.conflict);
    this._on.change();
    wish.reject(
      Object.assign(new Error('changed elsewhere'), { code: CONFLICT, data: { value: theirs } }),
    );
  }

  /**
   * @param {Wish} wish
   * @param {any} error
   */
  _onError(wish, error) {
    if (this.wish !== wish) return;
    if (isOffline(error) && !this._source.online) return this._on.change();
    this.busy = isBusy(error);
    if ((this.busy || isOffline(error)) && this._attempts < MAX_ATTEMPTS) {
      this._timer = setTimeout(() => this.flush(), pause(this._attempts++, error));
      return this._on.change();
    }
    this.busy = false;
    this._attempts = 0;
    this.wish = null;
    wish.reject(error);
    this._on.refused(error);
  }
}
