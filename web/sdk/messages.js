import { touch } from './lru.js';
import { Message, updateFromWire } from './message.js';

/** Messages that are found. The least recently used are dropped. */
const MAX_MESSAGES = 1_000;

/** Messages holds what a session knows of messages: one object for each. */
export class Messages {
  _session;
  /** @type {Map<string, Message>} by ID */
  _known = new Map();
  /** @type {Map<string, Message>} those of the store before this one, by ID */
  _former = new Map();

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

  /** @param {any} wire */
  intern(wire) {
    const message = this.lookup(wire) ?? new Message();
    return this.remember(updateFromWire(message, wire, this._session.userID));
  }

  /** @param {Message} message */
  remember(message) {
    return touch(this._known, message.ID, message, MAX_MESSAGES);
  }

  /** Notes that the hub's store was replaced, in which an ID may name another message. */
  reset() {
    this._former = new Map(this._known);
  }

  /**
   * Whether the message was known of the store before this one.
   *
   * @param {any} wire
   */
  isFormer(wire) {
    return same(this._former.get(wire.ID), wire) !== undefined;
  }

  /**
   * The time of the oldest message of a conversation that is here with its content.
   *
   * @param {string} conversationID
   */
  oldest(conversationID) {
    const times = [...this._known.values()]
      .filter((one) => one.conversationID === conversationID && !one.isRevoked)
      .map(({ time }) => time);
    return Math.min(...times);
  }
}

/**
 * @param {Message | undefined} known
 * @param {any} wire
 */
const same = (known, { time, random = 0 }) =>
  known?.time === time && known?.random === random ? known : undefined;
