import { newerSummary } from './sheet.js';

/**
 * @typedef {import('./index.js').WidgetClient} WidgetClient
 * @typedef {import('../sdk/index.js').Message} Message
 * @typedef {import('../sdk/index.js').ExtensionSummary} Summary
 */

/** The hub's code for somebody who is not in the conversation. */
const NOT_A_MEMBER = 10007;
/** The hub's code for a message that is not there. */
const NO_MESSAGE = 23004;
/** Pages of a one-to-one conversation in which the message is looked for. */
const MAX_PAGES = 20;

/**
 * Source follows one message: its pairs, what they come to, and whether the hub can be reached.
 */
export class Source {
  /** @type {Message | null} */
  message = null;
  /** @type {Map<string, string>} those that this user may read */
  pairs = new Map();
  /** @type {Summary} */
  summary = { pairs: 0, latestSeq: 0 };
  online = true;
  chat;

  /** Whether the user was removed from the message's group. */
  _away = false;
  _messageID;
  _mayJoin;
  _onChange;
  _onTrouble;
  /** @type {[name: string, handler: (event: any) => void][]} */
  _handlers;

  /**
   * @param {WidgetClient} chat logged in
   * @param {string} messageID
   * @param {object} options
   * @param {boolean} options.mayJoin whether to join the message's group, if that is needed
   * @param {() => void} options.onChange
   * @param {(error: any) => void} options.onTrouble the session or the message is lost
   */
  constructor(chat, messageID, { mayJoin, onChange, onTrouble }) {
    this.chat = chat;
    this._messageID = messageID;
    this._mayJoin = mayJoin;
    this._onChange = onChange;
    this._onTrouble = onTrouble;
    const ofMessage =
      (/** @type {(data: any) => void} */ apply) =>
      (/** @type {any} */ { data }) => {
        if (data.messageID !== messageID) return;
        apply(data);
        if (this.message) onChange();
      };
    const groupID = groupOf(messageID);
    const ofGroup =
      (/** @type {() => void} */ apply) =>
      (/** @type {any} */ { data }) =>
        data.groupID === groupID && apply();
    this._handlers = [
      ['onMessageExtensionsUpdated', ofMessage((data) => this._set(data.extensions))],
      [
        'onMessageExtensionsDeleted',
        ofMessage((data) =>
          data.keyList.forEach((/** @type {string} */ key) => this.pairs.delete(key)),
        ),
      ],
      ['onMessageExtensionsSummary', ofMessage((data) => this._sum(data.summary))],
      ['onMessageExtensionsClosed', ofMessage((data) => this._onClosed(data.summary))],
      ['onMessageRevoked', ({ data }) => this._onRevoked(data)],
      ['onGroupLeft', ofGroup(() => (this._away = true))],
      ['onGroupJoined', ofGroup(() => this._onJoined())],
      ['netStateChange', ({ data }) => this._onNet(data.state)],
      ['sdkStateNotReady', () => onTrouble({ code: 2999 })],
      [
        'kickedOut',
        ({ data }) => onTrouble({ code: data.type === 'REST_API_Kick' ? 70052 : 3002 }),
      ],
    ];
  }

  /** Reads the message and follows it. Rejects with what the hub refuses. */
  async open() {
    for (const [name, handler] of this._handlers) this.chat.on(name, handler);
    await this.read();
  }

  close() {
    for (const [name, handler] of this._handlers) this.chat.off(name, handler);
  }

  /**
   * Reads all. In one go, since each answer takes as long as the way to the hub and back; and each
   * answer counts when it is there, since what is told behind it is newer.
   */
  async read() {
    const groupID = groupOf(this._messageID);
    const { summary } = this;
    const all = () =>
      Promise.all([
        this._find(groupID),
        this.chat.getMessageExtensions(this._handle()).then(({ data }) => {
          this.pairs.clear();
          this._set(data.extensions);
        }),
        this.chat.getMessageExtensionSummary(this._handle()).then(({ data }) => {
          // If nothing was told meanwhile it is the last, whatever its Seq: stores are replaced.
          if (this.summary === summary) this.summary = data.summary;
          else this._sum(data.summary);
        }),
      ]);
    // Before the first answer nobody knows whether this user is a member. To ask first would cost a
    // stranger two ways to the hub and back; who is a member is refused, which costs little. What
    // became of it, the answers behind it say.
    if (this._mayJoin && groupID && !this.message) this.chat.joinGroup({ groupID }).catch(() => {});
    let found;
    try {
      found = await all();
    } catch (error) {
      if (/** @type {any} */ (error).code !== NOT_A_MEMBER || !this._mayJoin || !groupID)
        throw error;
      await this.chat.joinGroup({ groupID });
      found = await all();
    }
    [this.message] = found;
    this._onChange();
  }

  /** Reads what the pairs come to. */
  async readSummary() {
    this._sum((await this.chat.getMessageExtensionSummary(this._handle())).data.summary);
  }

  /** What the SDK takes for the message before that was read. */
  _handle() {
    const known = this.message ?? {
      ID: this._messageID,
      status: 'success',
      isSupportExtension: true,
    };
    return /** @type {Message} */ (known);
  }

  /**
   * @param {string} groupID '' one-to-one
   * @returns {Promise<Message>}
   */
  async _find(groupID) {
    const ID = this._messageID;
    const known = this.message ?? this.chat.findMessage(ID);
    if (known) return known;
    const conversationID = groupID
      ? `GROUP${groupID}`
      : `C2C${peerOf(ID, this.chat.getLoginUser())}`;
    // A group's messages are numbered, so its page ends where this one does.
    let nextReqMessageID = groupID && ID.replace(/\d+$/, (number) => `${Number(number) + 1}`);
    for (let page = groupID ? MAX_PAGES - 1 : 0; page < MAX_PAGES; page++) {
      const count = groupID ? 1 : 15;
      const { data } = await this.chat.getMessageList({ conversationID, nextReqMessageID, count });
      const message = data.messageList.find((one) => one.ID === ID);
      if (message) return message;
      nextReqMessageID = data.nextReqMessageID;
      if (data.isCompleted) break;
    }
    throw Object.assign(new Error(`there is no message ${ID}`), { code: NO_MESSAGE });
  }

  /** @param {{ key: string, value: string }[]} extensions */
  _set(extensions) {
    for (const { key, value } of extensions) this.pairs.set(key, value);
  }

  /** @param {Summary} summary an older one may come behind a newer that was asked for */
  _sum(summary) {
    this.summary = newerSummary(summary, this.summary);
  }

  /** @param {Summary} summary what was hidden may be read now */
  _onClosed(summary) {
    this.summary = summary;
    this._readAgain();
  }

  /** @param {Message[]} messages */
  _onRevoked(messages) {
    if (messages.some(({ ID }) => ID === this._messageID)) this._onTrouble({ code: NO_MESSAGE });
  }

  /** @param {string} state */
  _onNet(state) {
    const online = state === 'connected';
    if (online === this.online) return;
    this.online = online;
    if (online) this._readAgain();
    this._onChange();
  }

  /** Who comes back into the group has missed what was between. */
  _onJoined() {
    if (this._away) this._readAgain();
    this._away = false;
  }

  /** Reads what may have been missed. */
  _readAgain() {
    // Without a connection, the next one brings it.
    this.read().catch((error) => this.online && this._onTrouble(error));
  }
}

/**
 * The group of a message, '' for one-to-one. Bytes that a messageID can't have are =HH.
 *
 * @param {string} messageID
 */
const groupOf = (messageID) => decode(messageID.match(/^g\.(.+)\.\d+$/)?.[1] ?? '');

/**
 * @param {string} messageID
 * @param {string} userID
 */
function peerOf(messageID, userID) {
  const [, from = '', to = ''] = messageID.split('.').map(decode);
  return from === userID ? to : from;
}

const decode = (/** @type {string} */ coded) =>
  coded.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
