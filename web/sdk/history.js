import { EVENT, TYPES } from './constants.js';
import { ChatError, CLIENT, isRefusal, isTransient } from './errors.js';
import { Message, toWire, updateFromWire } from './message.js';
import { touch } from './lru.js';

/**
 * @typedef {import('./session.js').Session} Session
 *
 * @typedef {object} Mark the newest message seen in a conversation
 * @property {string} ID "" if there was none
 * @property {number} time in seconds; without a message, when the conversation was read
 * @property {boolean} stale whether the connection was lost since then
 */

const PAGE = 15;
/** Messages that findMessage finds. The least recently used are dropped. */
const MAX_MESSAGES = 1_000;
/** Pages read to catch up. After a longer absence the app gets the rest by getMessageList. */
const CATCH_UP_PAGES = 20;

/** History holds the messages of a session, one object for each, and fetches those it missed. */
export class History {
  _session;
  /** @type {Map<string, Message>} by ID */
  _messages = new Map();
  /** @type {Map<string, Mark>} by conversationID */
  _marks = new Map();
  /** The number of the connection: an answer on one proves nothing about the next. */
  _generation = 0;

  /** @param {Session} session */
  constructor(session) {
    this._session = session;
  }

  /** @param {string} ID */
  find(ID) {
    return this._messages.get(ID) ?? null;
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
      this._remember(updateFromWire(message, wire, this._session.userID));
      this._advance(message, generation);
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
    const requestedAt = this._session.serverTime();
    const page = await this._fetchPage(conversationID, nextReqMessageID, Math.min(count, PAGE));
    if (nextReqMessageID === '' && !this._marks.has(conversationID)) {
      this._setMark(
        conversationID,
        page.messageList[page.messageList.length - 1],
        requestedAt,
        generation,
      );
    }
    return page;
  }

  /** @param {any[]} wires the messages of a MESSAGE_RECEIVED */
  onReceived(wires) {
    const fresh = wires.filter((wire) => !this._lookup(wire)).map((wire) => this._intern(wire));
    for (const wire of wires) this._advance(wire, this._generation);
    if (fresh.length) this._session.emit(EVENT.MESSAGE_RECEIVED, fresh);
  }

  /**
   * Follows a conversation that is new to this session.
   *
   * @param {string} conversationID
   */
  track(conversationID) {
    this._setMark(conversationID, undefined, this._session.serverTime(), this._generation);
  }

  /** @param {string} conversationID */
  untrack(conversationID) {
    this._marks.delete(conversationID);
  }

  onDisconnect() {
    this._generation++;
    for (const mark of this._marks.values()) mark.stale = true;
  }

  /** Forgets IDs, which name other messages once the hub's store was replaced. */
  reset() {
    for (const mark of this._marks.values()) mark.ID = '';
  }

  staleIDs() {
    return [...this._marks]
      .filter(([, { stale }]) => stale)
      .map(([conversationID]) => conversationID);
  }

  /**
   * Fetches what came while there was no connection, and tells the handlers. New messages wait
   * until this is done, so all that is newer than the mark was missed.
   *
   * @param {string} conversationID
   */
  async catchUp(conversationID) {
    const generation = this._generation;
    const mark = this._marks.get(conversationID);
    if (!mark) return;
    /** @type {any[]} */
    let missed = [];
    try {
      let next = '';
      for (let pages = 0; pages < CATCH_UP_PAGES; pages++) {
        const params = { conversationID, nextReqMessageID: next, count: PAGE };
        const page = await this._session.call('getMessageList', params, { retry: false });
        const isKnown = (/** @type {any} */ { ID, time }) => ID === mark.ID || time < mark.time;
        let known = page.messageList.length - 1;
        while (known >= 0 && !isKnown(page.messageList[known])) known--;
        missed = [...page.messageList.slice(known + 1), ...missed];
        next = page.nextReqMessageID;
        if (known >= 0 || page.isCompleted) break;
      }
    } catch (error) {
      if (isTransient(error)) return;
      if (!isRefusal(error)) throw error;
      this._marks.delete(conversationID);
      return;
    }
    this.onReceived(missed);
    mark.stale = generation !== this._generation;
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
    /** @type {Message[]} */
    const messages = messageList.map((/** @type {any} */ wire) => this._intern(wire));
    return {
      messageList: messages,
      nextReqMessageID: rest.nextReqMessageID,
      isCompleted: rest.isCompleted,
    };
  }

  /** @param {any} wire */
  _intern(wire) {
    return this._remember(
      updateFromWire(this._lookup(wire) ?? new Message(), wire, this._session.userID),
    );
  }

  /** @param {any} wire only a message of the same time and number is the same one */
  _lookup({ ID, time, random = 0 }) {
    const known = this._messages.get(ID);
    return known?.time === time && known?.random === random ? known : undefined;
  }

  /** @param {Message} message */
  _remember(message) {
    return touch(this._messages, message.ID, message, MAX_MESSAGES);
  }

  /**
   * @param {{ conversationID: string, ID: string, time: number }} message
   * @param {number} generation when it was requested
   */
  _advance({ conversationID, ID, time }, generation) {
    const mark = this._marks.get(conversationID);
    if (!mark) this._setMark(conversationID, { ID, time }, time, generation);
    else if (!mark.stale && time >= mark.time) Object.assign(mark, { ID, time });
  }

  /**
   * @param {string} conversationID
   * @param {{ ID: string, time: number } | undefined} newest
   * @param {number} time
   * @param {number} generation
   */
  _setMark(conversationID, newest, time, generation) {
    const stale = generation !== this._generation;
    this._marks.set(conversationID, { ID: newest?.ID ?? '', time: newest?.time ?? time, stale });
  }
}
