import { EVENT, TYPES } from './constants.js';
import { ChatError, CLIENT, isTransient } from './errors.js';
import { Message, toWire, updateFromWire } from './message.js';
import { touch } from './lru.js';

/**
 * @typedef {import('./session.js').Session} Session
 *
 * @typedef {object} Mark where a conversation stands: everything up to here has been seen
 * @property {string} ID of the newest message, "" if there was none
 * @property {number} time of the newest message, else of the look, in seconds
 * @property {boolean} stale the connection went since then, and nobody has caught up yet
 */

const PAGE = 15;
/** Messages that findMessage still finds; the ones used longest ago go first. */
const MAX_MESSAGES = 1_000;
/** Pages read to catch up. Who was away for longer gets the newest messages and pages on by getMessageList. */
const CATCH_UP_PAGES = 20;

/** The messages of a session: one object for each, and what was missed while the connection was gone. */
export class History {
  #session;
  /** @type {Map<string, Message>} by ID */
  #messages = new Map();
  /** @type {Map<string, Mark>} by conversationID */
  #marks = new Map();
  /** Counts connections: what was requestedAt on one proves nothing about the next. */
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

  /** @param {any[]} wires of a MESSAGE_RECEIVED */
  onReceived(wires) {
    const fresh = wires.filter((wire) => !this.#lookup(wire)).map((wire) => this.#intern(wire));
    for (const wire of wires) this.#advance(wire, this.#generation);
    if (fresh.length) this.#session.emit(EVENT.MESSAGE_RECEIVED, fresh);
  }

  /**
   * From here on the conversation's messages matter, and there was none before.
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

  /** The hub began another history: a message of the old one may have its namesake in it. */
  reset() {
    for (const mark of this.#marks.values()) mark.ID = '';
  }

  staleIDs() {
    return [...this.#marks]
      .filter(([, { stale }]) => stale)
      .map(([conversationID]) => conversationID);
  }

  /**
   * Fetches what came while the connection was gone, and tells it as if it came now. Live messages
   * wait until this is done, so everything that is newer than the mark was missed.
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

  /** @param {any} wire a message of another history that has the same ID is another message */
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
   * @param {number} generation in which it was heard of
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
