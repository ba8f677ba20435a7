import { EVENT, TYPES } from './constants.js';
import { ChatError, CLIENT, isTransient } from './errors.js';
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
  #session;
  /** @type {Map<string, Message>} by ID */
  #messages = new Map();
  /** @type {Map<string, Mark>} by conversationID */
  #marks = new Map();
  /** The number of the connection: an answer on one proves nothing about the next. */
  #generation = 0;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {string} ID */
  find(ID) {
    return this.#messages.get(ID) ?? null;
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
    const generation = this.#generation;
    try {
      const { message: wire } = await this.#session.call('sendMessage', toWire(message));
      this.#remember(updateFromWire(message, wire, this.#session.userID));
      this.#advance(message, generation);
      return { message };
    } catch (error) {
      message.status = 'fail';
      if (error instanceof ChatError) error.data = { ...error.data, message };
      throw error;
    }
  }

  /** @param {any} options */
  async list({ conversationID, nextReqMessageID = '', count = PAGE }) {
    const generation = this.#generation;
    const requestedAt = this.#session.serverTime();
    const page = await this.#fetchPage(conversationID, nextReqMessageID, Math.min(count, PAGE));
    if (nextReqMessageID === '' && !this.#marks.has(conversationID)) {
      this.#setMark(conversationID, page.messageList.at(-1), requestedAt, generation);
    }
    return page;
  }

  /** @param {any[]} wires the messages of a MESSAGE_RECEIVED */
  onReceived(wires) {
    const fresh = wires.filter((wire) => !this.#lookup(wire)).map((wire) => this.#intern(wire));
    for (const wire of wires) this.#advance(wire, this.#generation);
    if (fresh.length) this.#session.emit(EVENT.MESSAGE_RECEIVED, fresh);
  }

  /**
   * Follows a conversation that is new to this session.
   *
   * @param {string} conversationID
   */
  track(conversationID) {
    this.#setMark(conversationID, undefined, this.#session.serverTime(), this.#generation);
  }

  /** @param {string} conversationID */
  untrack(conversationID) {
    this.#marks.delete(conversationID);
  }

  onDisconnect() {
    this.#generation++;
    for (const mark of this.#marks.values()) mark.stale = true;
  }

  /** Forgets IDs, which name other messages once the hub's store was replaced. */
  reset() {
    for (const mark of this.#marks.values()) mark.ID = '';
  }

  staleIDs() {
    return [...this.#marks]
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
    const generation = this.#generation;
    const mark = this.#marks.get(conversationID);
    if (!mark) return;
    /** @type {any[]} */
    let missed = [];
    try {
      let next = '';
      for (let pages = 0; pages < CATCH_UP_PAGES; pages++) {
        const params = { conversationID, nextReqMessageID: next, count: PAGE };
        const page = await this.#session.call('getMessageList', params, { retry: false });
        const known = page.messageList.findLastIndex(
          (/** @type {any} */ { ID, time }) => ID === mark.ID || time < mark.time,
        );
        missed = [...page.messageList.slice(known + 1), ...missed];
        next = page.nextReqMessageID;
        if (known >= 0 || page.isCompleted) break;
      }
    } catch (error) {
      if (!isTransient(error)) this.#marks.delete(conversationID);
      return;
    }
    mark.stale = generation !== this.#generation;
    this.onReceived(missed);
  }

  /**
   * @param {string} conversationID
   * @param {string} nextReqMessageID
   * @param {number} count
   */
  async #fetchPage(conversationID, nextReqMessageID, count) {
    const params = { conversationID, nextReqMessageID, count };
    const { messageList, ...rest } = await this.#session.call('getMessageList', params, {
      retry: true,
    });
    /** @type {Message[]} */
    const messages = messageList.map((/** @type {any} */ wire) => this.#intern(wire));
    return {
      messageList: messages,
      nextReqMessageID: rest.nextReqMessageID,
      isCompleted: rest.isCompleted,
    };
  }

  /** @param {any} wire */
  #intern(wire) {
    return this.#remember(
      updateFromWire(this.#lookup(wire) ?? new Message(), wire, this.#session.userID),
    );
  }

  /** @param {any} wire only a message of the same time and number is the same one */
  #lookup({ ID, time, random = 0 }) {
    const known = this.#messages.get(ID);
    return known?.time === time && known?.random === random ? known : undefined;
  }

  /** @param {Message} message */
  #remember(message) {
    return touch(this.#messages, message.ID, message, MAX_MESSAGES);
  }

  /**
   * @param {{ conversationID: string, ID: string, time: number }} message
   * @param {number} generation when it was requested
   */
  #advance({ conversationID, ID, time }, generation) {
    const mark = this.#marks.get(conversationID);
    if (!mark) this.#setMark(conversationID, { ID, time }, time, generation);
    else if (!mark.stale && time >= mark.time) Object.assign(mark, { ID, time });
  }

  /**
   * @param {string} conversationID
   * @param {{ ID: string, time: number } | undefined} newest
   * @param {number} time
   * @param {number} generation
   */
  #setMark(conversationID, newest, time, generation) {
    const stale = generation !== this.#generation;
    this.#marks.set(conversationID, { ID: newest?.ID ?? '', time: newest?.time ?? time, stale });
  }
}
