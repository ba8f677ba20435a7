import * as CLIENT from './clientcodes.js';
import * as EVENT from './eventnames.js';
import * as TYPES from './typenames.js';
import { ChatError, isRefusal, isTransient, NOT_A_MEMBER } from './errors.js';
import { Marks } from './marks.js';
import { Message, toWire, updateFromWire } from './message.js';
import { PAGE, same } from './messages.js';

/**
 * @typedef {import('./chatsession.js').ChatSession} Session
 */

/** Pages read to catch up. After a longer absence the app gets the rest by getMessageList. */
const CATCH_UP_PAGES = 20;

/** History sends and reads messages, and fetches those that a session missed. */
export class History {
  _session;
  _messages;
  marks;
  /** @type {Map<string, Message>} those of the store before this one, by ID */
  _former = new Map();

  /** @param {Session} session */
  constructor(session) {
    this._session = session;
    this._messages = session.messages;
    this.marks = new Marks(session.away);
  }

  /** @param {Message} message */
  async send(message) {
    if (!(message instanceof Message)) {
      throw new ChatError(
        CLIENT.NOT_A_MESSAGE,
        'sendMessage takes what createTextMessage or createCustomMessage gave.',
      );
    }
    if (![TYPES.CONV_C2C, TYPES.CONV_GROUP].includes(message.conversationType)) {
      throw new ChatError(
        CLIENT.BAD_CONVERSATION_TYPE,
        'conversationType must be TYPES.CONV_C2C or TYPES.CONV_GROUP.',
      );
    }
    const generation = this.marks.generation;
    try {
      // Without an answer it is sent again: the hub takes it once.
      const { message: wire } = await this._session.call('sendMessage', toWire(message), {
        retry: true,
      });
      this._messages.remember(updateFromWire(message, wire, this._session.userID));
      // One-to-one, an older one of the other's may come after it.
      if (message.conversationType === TYPES.CONV_GROUP || !this.marks.get(message.conversationID))
        this.marks.tell(message, generation);
      this._session.loadedLists?.onSent(message);
      return { message };
    } catch (error) {
      message.status = 'fail';
      if (error instanceof ChatError) error.data = { ...error.data, message };
      throw error;
    }
  }

  /** @param {any} options */
  async list(options) {
    const { conversationID, nextReqMessageID } = options;
    const generation = this.marks.generation;
    const page = await this._messages.page(options);
    if (!nextReqMessageID && !this.marks.get(conversationID))
      this.marks
        .begin(conversationID, generation)
        .moveTo(page.messageList[page.messageList.length - 1]);
    return page;
  }

  /**
   * Tells of messages. Those of a group that the user is not in came before the removal, but may be
   * behind what was missed, which is read after the return: so are they.
   *
   * @param {any[]} wires
   */
  onReceived(wires) {
    const fresh = wires
      .filter((wire) => !this._isMissed(wire) && !this._messages.lookup(wire))
      .map((wire) => this._messages.intern(wire));
    for (const wire of wires) this.marks.tell(wire, this.marks.generation);
    this._session.tell(EVENT.MESSAGE_RECEIVED, fresh);
  }

  /**
   * Whether a message is read after the user's return.
   *
   * @param {any} wire
   */
  _isMissed({ conversationID }) {
    return this._session.away.has(conversationID) && this.marks.get(conversationID);
  }

  /** @param {Message} message */
  async revoke(message) {
    const params = { messageID: message.ID };
    const { message: wire } = await this._session.call('revokeMessage', params, { retry: true });
    if (message instanceof Message && !this._messages.lookup(wire))
      this._messages.remember(message);
    this._session.onRevoked([wire]);
    return { message: /** @type {Message} */ (this._messages.find(wire.ID)) };
  }

  /**
   * Follows a conversation that is new to this session from its newest message on.
   *
   * @param {string} conversationID
   */
  async follow(conversationID) {
    if (this.marks.get(conversationID)) return;
    const generation = this.marks.generation;
    const params = { conversationID, nextReqMessageID: '', count: 1 };
    const { messageList } = await this._session.call('getMessageList', params, { retry: true });
    if (!this.marks.get(conversationID))
      this.marks.begin(conversationID, generation).moveTo(messageList[0]);
  }

  /** Forgets what IDs name, once the hub's store was replaced. */
  reset() {
    this._former = new Map(this._messages.all.map((message) => [message.ID, message]));
    this.marks.reset();
  }

  /**
   * Fetches what came while there was no connection, and tells the handlers. New messages wait
   * until this is done, so all that is newer than the mark was missed. It reads on to the oldest
   * message that the app got here: any of them may have been revoked.
   *
   * @param {string} conversationID
   */
  async catchUp(conversationID) {
    const generation = this.marks.generation;
    const mark = this.marks.get(conversationID);
    if (!mark) return;
    const { moves } = mark;
    let missed;
    try {
      missed = await this._readMissed(conversationID, mark);
    } catch (error) {
      if (isTransient(error)) return;
      if (!isRefusal(error)) throw error;
      // Somebody who was removed may come back, and may have by now: the hub can have refused
      // before that. Of another store nothing is left to come back to.
      if (error.code !== NOT_A_MEMBER || mark.anew) this.marks.delete(conversationID);
      else if (moves === mark.moves) this._session.setAway(conversationID, true);
      return;
    }
    this.onReceived(missed.messages.filter(({ isRevoked }) => !isRevoked));
    this._session.onRevoked(missed.messages.filter(({ isRevoked }) => isRevoked));
    if (generation !== this.marks.generation || moves !== mark.moves) return;
    mark.moveTo(missed.newest);
    mark.stale = false;
  }

  /**
   * Reads back to what the mark knows.
   *
   * @param {string} conversationID
   * @param {import('./mark.js').Mark} mark
   */
  async _readMissed(conversationID, mark) {
    const oldest = this._oldest(conversationID);
    /** @type {any[]} */
    let messages = [];
    /** @type {any} */
    let newest;
    let next = '';
    let found = false;
    for (let pages = 0; pages < CATCH_UP_PAGES; pages++) {
      const params = { conversationID, nextReqMessageID: next, count: PAGE, since: mark.since };
      const page = await this._session.call('getMessageList', params, { retry: false });
      newest ??= page.messageList[page.messageList.length - 1];
      let known = page.messageList.length - 1;
      while (known >= 0 && !found && !this._isKnown(mark, page.messageList[known])) known--;
      messages = [...page.messageList.slice(known + 1), ...messages];
      found ||= known >= 0;
      this._messages.noteRevoked(page.messageList);
      next = page.nextReqMessageID;
      if (page.isCompleted || (found && page.messageList[0]?.time < oldest)) break;
    }
    return { messages, newest };
  }

  /**
   * The time of the oldest message of a conversation that is here with its content.
   *
   * @param {string} conversationID
   */
  _oldest(conversationID) {
    const times = this._messages.all
      .filter((one) => one.conversationID === conversationID && !one.isRevoked)
      .map(({ time }) => time);
    return Math.min(...times);
  }

  /**
   * Whether handlers know the message and all before it. In a store that replaced another, they do
   * if it is one that they knew of the other.
   *
   * @param {import('./mark.js').Mark} mark
   * @param {any} wire
   */
  _isKnown(mark, wire) {
    if (mark.anew) return same(this._former.get(wire.ID), wire) !== undefined;
    if (mark.since) return false;
    return wire.conversationType === TYPES.CONV_GROUP
      ? wire.sequence <= mark.sequence
      : wire.ID === mark.ID;
  }
}
