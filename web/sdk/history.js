import { EVENT, TYPES } from './constants.js';
import { ChatError, CLIENT, isRefusal, isTransient, NOT_A_MEMBER } from './errors.js';
import { Mark } from './mark.js';
import { Message, toWire, updateFromWire } from './message.js';
import { Messages } from './messages.js';

/**
 * @typedef {import('./session.js').Session} Session
 */

const PAGE = 15;
/** Pages read to catch up. After a longer absence the app gets the rest by getMessageList. */
const CATCH_UP_PAGES = 20;

/** History sends and reads messages, and fetches those that a session missed. */
export class History {
  _session;
  _messages;
  /** @type {Map<string, Mark>} by conversationID */
  _marks = new Map();
  /** The number of the connection: an answer on one proves nothing about the next. */
  _generation = 0;

  /** @param {Session} session */
  constructor(session) {
    this._session = session;
    this._messages = new Messages(session);
  }

  /** @param {string} ID */
  find(ID) {
    return this._messages.find(ID);
  }

  /** @param {Message} message */
  async send(message) {
    if (!(message instanceof Message)) {
      throw new ChatError(
        CLIENT.NOT_A_MESSAGE,
        'sendMessage takes what createTextMessage or createCustomMessage gave.',
      );
    }
    if (
      message.conversationType !== TYPES.CONV_C2C &&
      message.conversationType !== TYPES.CONV_GROUP
    ) {
      throw new ChatError(
        CLIENT.BAD_CONVERSATION_TYPE,
        'conversationType must be TYPES.CONV_C2C or TYPES.CONV_GROUP.',
      );
    }
    const generation = this._generation;
    try {
      // Without an answer it is sent again: the hub takes it once.
      const { message: wire } = await this._session.call('sendMessage', toWire(message), {
        retry: true,
      });
      this._messages.remember(updateFromWire(message, wire, this._session.userID));
      // One-to-one, an older one of the other's may come after it.
      if (message.conversationType === TYPES.CONV_GROUP || !this._marks.has(message.conversationID))
        this._tell(message, generation);
      return { message };
    } catch (error) {
      message.status = 'fail';
      if (error instanceof ChatError) error.data = { ...error.data, message };
      throw error;
    }
  }

  /** @param {any} options */
  async list({ conversationID, nextReqMessageID = '', count = PAGE }) {
    const generation = this._generation;
    const page = await this._fetchPage(conversationID, nextReqMessageID, Math.min(count, PAGE));
    if (nextReqMessageID === '' && !this._marks.has(conversationID))
      this._mark(conversationID, generation).moveTo(page.messageList[page.messageList.length - 1]);
    return page;
  }

  /** @param {any[]} wires the messages of a MESSAGE_RECEIVED */
  onReceived(wires) {
    const fresh = wires
      .filter((wire) => !this._messages.lookup(wire))
      .map((wire) => this._messages.intern(wire));
    for (const wire of wires) this._tell(wire, this._generation);
    if (fresh.length) this._session.emit(EVENT.MESSAGE_RECEIVED, fresh);
  }

  /** @param {Message} message */
  async revoke(message) {
    const params = { messageID: message.ID };
    const { message: wire } = await this._session.call('revokeMessage', params, { retry: true });
    if (message instanceof Message && !this._messages.lookup(wire))
      this._messages.remember(message);
    this.onRevoked([wire]);
    return { message: /** @type {Message} */ (this.find(wire.ID)) };
  }

  /**
   * Tells the handlers once of each message, whether they knew it or not.
   *
   * @param {any[]} wires the messages of a MESSAGE_REVOKED
   */
  onRevoked(wires) {
    const fresh = wires.filter((wire) => !this._messages.lookup(wire)?.isRevoked);
    const messages = fresh.map((wire) => this._messages.intern(wire));
    for (const wire of wires) {
      this._session.extensions.forget(wire.ID);
      if (wire.conversationID) this._tell(wire, this._generation);
    }
    if (messages.length) this._session.emit(EVENT.MESSAGE_REVOKED, messages);
  }

  /**
   * Learns from a refusal that a message was revoked while there was no connection.
   *
   * @param {string} ID
   * @param {string} revoker
   */
  onFoundRevoked(ID, revoker) {
    const known = this.find(ID);
    this.onRevoked([{ ID, time: known?.time, random: known?.random, isRevoked: true, revoker }]);
  }

  /**
   * Follows a conversation that is new to this session from its newest message on.
   *
   * @param {string} conversationID
   */
  async follow(conversationID) {
    if (this._marks.has(conversationID)) return;
    const generation = this._generation;
    const params = { conversationID, nextReqMessageID: '', count: 1 };
    const { messageList } = await this._session.call('getMessageList', params, { retry: true });
    if (!this._marks.has(conversationID))
      this._mark(conversationID, generation).moveTo(messageList[0]);
  }

  /**
   * Waits with what is missed until the user is in the conversation again.
   *
   * @param {string} conversationID
   */
  leave(conversationID) {
    const mark = this._marks.get(conversationID);
    if (mark) mark.stale = mark.away = true;
  }

  /**
   * Lets what was missed be fetched, and reports whether anything may have been.
   *
   * @param {string} conversationID
   */
  enter(conversationID) {
    const mark = this._marks.get(conversationID);
    if (mark) mark.away = false;
    return mark?.stale ?? false;
  }

  onDisconnect() {
    this._generation++;
    for (const mark of this._marks.values()) {
      mark.stale = true;
      mark.away = false; // who knows
    }
  }

  /** Forgets IDs, which name other messages once the hub's store was replaced. */
  reset() {
    this._messages.reset();
    for (const mark of this._marks.values()) mark.reset();
  }

  staleIDs() {
    return [...this._marks]
      .filter(([, { stale, away }]) => stale && !away)
      .map(([conversationID]) => conversationID);
  }

  /**
   * Fetches what came while there was no connection, and tells the handlers. New messages wait
   * until this is done, so all that is newer than the mark was missed. It reads on to the oldest
   * message that the app got here: any of them may have been revoked.
   *
   * @param {string} conversationID
   */
  async catchUp(conversationID) {
    const generation = this._generation;
    const mark = this._marks.get(conversationID);
    if (!mark) return;
    let read;
    try {
      read = await this._readMissed(conversationID, mark);
    } catch (error) {
      if (isTransient(error)) return;
      if (!isRefusal(error)) throw error;
      // Somebody who was removed may come back. Of another store nothing is left to come back to.
      if (error.code === NOT_A_MEMBER && !mark.anew) mark.away = true;
      else this._marks.delete(conversationID);
      return;
    }
    this.onReceived(read.missed.filter(({ isRevoked }) => !isRevoked));
    this.onRevoked(read.missed.filter(({ isRevoked }) => isRevoked));
    if (generation !== this._generation || mark.away) return;
    mark.moveTo(read.newest);
    mark.stale = false;
  }

  /**
   * Reads back to the mark, then on to the oldest message that is here.
   *
   * @param {string} conversationID
   * @param {Mark} mark
   */
  async _readMissed(conversationID, mark) {
    const oldest = this._messages.oldest(conversationID);
    /** @type {any[]} */
    let missed = [];
    /** @type {any} */
    let newest;
    let found = false;
    let next = '';
    for (let pages = 0; pages < CATCH_UP_PAGES; pages++) {
      const params = { conversationID, nextReqMessageID: next, count: PAGE };
      const page = await this._session.call('getMessageList', params, { retry: false });
      newest ??= page.messageList[page.messageList.length - 1];
      if (!found) {
        let known = page.messageList.length - 1;
        while (known >= 0 && !this._isKnown(mark, page.messageList[known])) known--;
        missed = [...page.messageList.slice(known + 1), ...missed];
        found = known >= 0;
      }
      this._noteRevoked(page.messageList);
      next = page.nextReqMessageID;
      if (page.isCompleted || (found && page.messageList[0]?.time < oldest)) break;
    }
    return { missed, newest };
  }

  /**
   * Tells of what is here with its content, and was revoked as a page says.
   *
   * @param {any[]} wires
   */
  _noteRevoked(wires) {
    this.onRevoked(wires.filter((wire) => wire.isRevoked && this._messages.lookup(wire)));
  }

  /**
   * @param {string} conversationID
   * @param {string} nextReqMessageID
   * @param {number} count
   */
  async _fetchPage(conversationID, nextReqMessageID, count) {
    const params = { conversationID, nextReqMessageID, count };
    const { messageList, ...rest } = await this._session.call('getMessageList', params, {
      retry: true,
    });
    this._noteRevoked(messageList);
    /** @type {Message[]} */
    const messages = messageList.map((/** @type {any} */ wire) => this._messages.intern(wire));
    return {
      messageList: messages,
      nextReqMessageID: rest.nextReqMessageID,
      isCompleted: rest.isCompleted,
    };
  }

  /**
   * Whether handlers know the message and all before it. In a store that replaced another, they do
   * if it is one that they knew of the other.
   *
   * @param {Mark} mark
   * @param {any} wire
   */
  _isKnown(mark, wire) {
    if (mark.anew) return this._messages.isFormer(wire);
    return wire.conversationType === TYPES.CONV_GROUP
      ? wire.sequence <= mark.sequence
      : wire.ID === mark.ID;
  }

  /**
   * Notes that handlers, or the sender, know of the message.
   *
   * @param {Pick<Message, 'ID' | 'conversationID' | 'conversationType' | 'sequence'>} message
   * @param {number} generation when it was requested
   */
  _tell(message, generation) {
    const mark = this._marks.get(message.conversationID);
    if (mark) mark.tell(message);
    else this._mark(message.conversationID, generation).moveTo(message);
  }

  /**
   * Begins to follow a conversation.
   *
   * @param {string} conversationID
   * @param {number} generation
   */
  _mark(conversationID, generation) {
    const mark = new Mark();
    mark.stale = generation !== this._generation;
    this._marks.set(conversationID, mark);
    return mark;
  }
}
