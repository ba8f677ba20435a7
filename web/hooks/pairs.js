/**
 * @typedef {import('../sdk/index.js').ChatSDK} ChatSDK
 * @typedef {import('../sdk/index.js').Message} Message
 * @typedef {import('./types.js').Pairs} Snapshot
 */

/** What there is before the first read, and where nothing is read: on a server that renders. */
const LOADING = Object.freeze({
  state: /** @type {const} */ ('loading'),
  pairs: new Map(),
  error: null,
});

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

  _follow() {
    this._turn++;
    this._chat.on('onMessageExtensionsUpdated', this._onUpdated);
    this._chat.on('onMessageExtensionsDeleted', this._onDeleted);
    this._chat.on('onMessageRevoked', this._onRevoked);
    // Also the pairs of somebody else who logs in later.
    this._chat.on('sdkStateReady', this.reload);
    if (this._chat.isReady()) void this._load();
  }

  _leave() {
    this._turn++;
    this._chat.off('onMessageExtensionsUpdated', this._onUpdated);
    this._chat.off('onMessageExtensionsDeleted', this._onDeleted);
    this._chat.off('onMessageRevoked', this._onRevoked);
    this._chat.off('sdkStateReady', this.reload);
  }

  async _load() {
    const turn = ++this._turn;
    try {
      // What it resolves with has every change that was told until now, so it replaces them all.
      const { data } = await this._chat.getMessageExtensions(this._message);
      if (turn !== this._turn) return;
      const pairs = new Map(data.extensions.map(({ key, value }) => [key, value]));
      this._tell({ state: 'ready', pairs, error: null });
    } catch (error) {
      if (turn !== this._turn) return;
      this._tell({ ...this.snapshot, state: 'error', error: /** @type {Error} */ (error) });
    }
  }

  /** @type {(event: { data: { messageID: string, extensions: any[] } }) => void} */
  _onUpdated = ({ data: { messageID, extensions } }) => {
    if (messageID !== this._message.ID) return;
    this._change((pairs) => {
      for (const { key, value } of extensions) pairs.set(key, value);
    });
  };

  /** @param {{ data: { messageID: string, keyList: string[] } }} event */
  _onDeleted = ({ data: { messageID, keyList } }) => {
    if (messageID !== this._message.ID) return;
    this._change((pairs) => {
      for (const key of keyList) pairs.delete(key);
    });
  };

  /** @param {{ data: Message[] }} event */
  _onRevoked = ({ data }) => {
    if (data.some(({ ID }) => ID === this._message.ID)) this._change((pairs) => pairs.clear());
  };

  /** @param {(pairs: Map<string, string>) => void} apply */
  _change(apply) {
    if (this.snapshot.state !== 'ready') return;
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
