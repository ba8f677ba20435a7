import { touch } from './lru.js';
import { Message, updateFromWire } from './message.js';

/** Messages that are found. The least recently used are dropped. */
const MAX_MESSAGES = 1_000;

/** Messages of a page, at most. */
export const PAGE = 15;

/** Messages holds what a session knows of messages: one object for each. */
export class Messages {
  _session;
  /** @type {Map<string, Message>} by ID */
  _known = new Map();

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this._session = session;
  }

  /** @param {string} ID */
  find(ID) {
    return this._known.get(ID) ?? null;
  }

  /**
   * The message that the hub speaks of, if it is known.
   *
   * @param {any} wire only a message of the same time and number is the same one
   */
  lookup(wire) {
    return same(this._known.get(wire.ID), wire);
  }

  /** All that are known. */
  get all() {
    return [...this._known.values()];
  }

  /** @param {any} wire */
  intern(wire) {
    const message = this.lookup(wire) ?? new Message();
    return this.remember(updateFromWire(message, wire, this._session.userID));
  }

  /** @param {Message} message */
  remember(message) {
    return touch(this._known, message.ID, message, MAX_MESSAGES);
  }

  /**
   * Tells of what is here with its content, and was revoked as a page says.
   *
   * @param {any[]} wires
   */
  noteRevoked(wires) {
    this._session.onRevoked(wires.filter((wire) => wire.isRevoked && this.lookup(wire)));
  }

  /**
   * Reads a page, the newest one if nextReqMessageID is ''.
   *
   * @param {{ conversationID: string, nextReqMessageID?: string, count?: number }} options
   */
  async page({ conversationID, nextReqMessageID = '', count = PAGE }) {
    const params = { conversationID, nextReqMessageID, count: Math.min(count, PAGE) };
    const page = await this._session.call('getMessageList', params, { retry: true });
    this.noteRevoked(page.messageList);
    /** @type {Message[]} */
    const messageList = page.messageList.map((/** @type {any} */ wire) => this.intern(wire));
    return { ...page, messageList };
  }
}

/**
 * @param {Message | undefined} known
 * @param {any} wire
 */
export const same = (known, { time, random = 0 }) =>
  known?.time === time && known?.random === random ? known : undefined;
