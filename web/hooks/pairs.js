import { newerSummary } from '../widgets/sheet.js';

/**
 * @typedef {import('../sdk/index.js').ChatSDK} ChatSDK
 * @typedef {import('../sdk/index.js').Message} Message
 * @typedef {import('../sdk/index.js').ExtensionSummary} Summary
 * @typedef {import('../sdk/index.js').Extension} Extension
 * @typedef {import('./types.js').Pairs} Snapshot
 */

/** The pairs of a snapshot until they are read: not those of a message that has none. */
const UNREAD = new Map();

/** What there is before the first read, and where nothing is read: on a server that renders. */
const LOADING = Object.freeze({
  state: /** @type {const} */ ('loading'),
  pairs: UNREAD,
  summary: null,
  error: null,
});

/**
 * Whether there is anything to count in a snapshot.
 *
 * @param {Snapshot} snapshot
 */
export const isRead = ({ pairs }) => pairs !== UNREAD;

/**
 * Pairs follows the pairs of one message for as long as somebody is subscribed, and keeps them as a
 * snapshot that changes its identity when, and only when, it changes. Frameworks draw what it says.
 */
export class Pairs {
  /** @type {Snapshot} */
  snapshot = LOADING;

  _chat;
  _message;
  /** @type {Set<() => void>} */
  _listeners = new Set();
  /** The number of times that following began or ended. A read of an earlier time is dropped. */
  _turn = 0;
  /** Who read the snapshot. It is for nobody else: what rules hide from others may be in it. */
  _reader = '';
  /** @type {Summary | null} the newest that was told since the last read began */
  _told = null;
  /** @type {[name: string, handler: (event: any) => void][]} */
  _handlers = [
    ['onMessageExtensionsUpdated', (event) => this._onUpdated(event)],
    ['onMessageExtensionsDeleted', (event) => this._onDeleted(event)],
    ['onMessageExtensionsSummary', (event) => this._onSummary(event)],
    ['onMessageExtensionsClosed', (event) => this._onClosed(event)],
    ['onMessageRevoked', (event) => this._onRevoked(event)],
    ['netStateChange', (event) => this._onNet(event)],
    // Also the pairs of somebody else who logs in later.
    ['sdkStateReady', () => this.reload()],
    ['sdkStateNotReady', () => this._onLogout()],
  ];

  /**
   * @param {ChatSDK} chat
   * @param {Message} message
   */
  constructor(chat, message) {
    this._chat = chat;
    this._message = message;
  }

  /**
   * Calls the listener after each change, until the function that it returns is called.
   *
   * @param {() => void} listener
   */
  subscribe = (listener) => {
    this._listeners.add(listener);
    if (this._listeners.size === 1) this._follow();
    return () => {
      if (this._listeners.delete(listener) && this._listeners.size === 0) this._leave();
    };
  };

  get = () => this.snapshot;

  /** Reads again, after an error. */
  reload = () => void this._load();

  /**
   * Sets pairs, as setMessageExtensions does; throws an error of code 23001 for the first that
   * somebody else changed meanwhile. Its value is in the snapshot by then.
   *
   * @param {Record<string, string>} values
   */
  set = async (values) => {
    const extensions = Object.entries(values).map(([key, value]) => ({ key, value }));
    this._settle(
      (await this._chat.setMessageExtensions(this._message, extensions)).data.extensions,
    );
  };

  /**
   * Deletes the pairs of these keys, at least one.
   *
   * @param {string[]} keys
   */
  remove = async (...keys) => {
    if (keys.length === 0) return; // an empty list would clear the message
    this._settle((await this._chat.deleteMessageExtensions(this._message, keys)).data.extensions);
  };

  /** @param {import('../sdk/index.js').ExtensionResult[]} results */
  _settle(results) {
    for (const { code, key, value } of results) {
      if (code === 0) continue;
      throw Object.assign(new Error(`${key} was changed by somebody else: it is "${value}" now.`), {
        code,
        data: { key, value },
      });
    }
  }

  /** Closes a message that has rules. */
  close = async () => void (await this._chat.closeMessageExtensions(this._message));

  _follow() {
    this._turn++;
    for (const [name, handler] of this._handlers) this._chat.on(name, handler);
    if (this._reader !== this._chat.getLoginUser()) this.snapshot = LOADING;
    if (this._chat.isReady()) void this._load();
  }

  _leave() {
    this._turn++;
    for (const [name, handler] of this._handlers) this._chat.off(name, handler);
  }

  async _load() {
    const turn = ++this._turn;
    // A draft has no pairs. Once it is sent it is another message to the hooks: its ID is another.
    if (['unSend', 'fail'].includes(this._message.status)) return;
    this._told = null;
    try {
      // What it resolves with has every change that was told until now, so it replaces them all.
      const [{ data }, summed] = await Promise.all([
        this._chat.getMessageExtensions(this._message),
        this._message.extensionRules && this._chat.getMessageExtensionSummary(this._message),
      ]);
      if (turn !== this._turn) return;
      this._reader = this._chat.getLoginUser();
      this._tell({
        state: 'ready',
        pairs: new Map(data.extensions.map(({ key, value }) => [key, value])),
        // If none was told meanwhile it is the last, whatever its Seq: stores are replaced.
        summary: summed ? newerSummary(summed.data.summary, this._told) : null,
        error: null,
      });
    } catch (error) {
      if (turn !== this._turn) return;
      this._tell({ ...this.snapshot, state: 'error', error: /** @type {Error} */ (error) });
    }
  }

  /** @param {{ data: { messageID: string, extensions: Extension[] } }} event */
  _onUpdated({ data: { messageID, extensions } }) {
    this._change(messageID, (pairs) => {
      for (const { key, value } of extensions) pairs.set(key, value);
    });
  }

  /** @param {{ data: { messageID: string, keyList: string[] } }} event */
  _onDeleted({ data: { messageID, keyList } }) {
    this._change(messageID, (pairs) => {
      for (const key of keyList) pairs.delete(key);
    });
  }

  /** @param {{ data: { messageID: string, summary: Summary } }} event */
  _onSummary({ data: { messageID, summary } }) {
    const { snapshot } = this;
    if (messageID !== this._message.ID) return;
    this._told = newerSummary(summary, this._told);
    if (isRead(snapshot))
      this._tell({ ...snapshot, summary: newerSummary(summary, snapshot.summary) });
  }

  /**
   * What was hidden may be read now, and no event tells it.
   *
   * @param {{ data: { messageID: string, summary: Summary } }} event
   */
  _onClosed(event) {
    this._onSummary(event);
    if (event.data.messageID === this._message.ID) this.reload();
  }

  /** @param {{ data: Message[] }} event */
  _onRevoked({ data }) {
    const { ID } = this._message;
    if (data.some((message) => message.ID === ID)) this._change(ID, (pairs) => pairs.clear());
  }

  /**
   * Of what was missed the SDK tells pairs, but no summaries. What could not be read may be by now.
   *
   * @param {{ data: { state: string } }} event
   */
  _onNet({ data: { state } }) {
    if (state !== 'connected' || !this._chat.isReady()) return;
    if (this._message.extensionRules || this.snapshot.state !== 'ready') this.reload();
  }

  _onLogout() {
    this._turn++;
    this._tell(LOADING);
  }

  /**
   * @param {string} messageID
   * @param {(pairs: Map<string, string>) => void} apply
   */
  _change(messageID, apply) {
    if (messageID !== this._message.ID || !isRead(this.snapshot)) return;
    const pairs = new Map(this.snapshot.pairs);
    apply(pairs);
    this._tell({ ...this.snapshot, pairs });
  }

  /** @param {Snapshot} snapshot */
  _tell(snapshot) {
    this.snapshot = snapshot;
    for (const listener of [...this._listeners]) listener();
  }
}
