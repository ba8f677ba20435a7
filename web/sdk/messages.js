import { touch } from './lru.js';
import { Message, updateFromWire } from './message.js';

/** Messages that are found. The least recently used are dropped. */
const MAX_MESSAGES = 1_000;

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
  lookup({ ID, time, random = 0 }) {
    const known = this._known.get(ID);
    return known?.time === time && known?.random === random ? known : undefined;
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
