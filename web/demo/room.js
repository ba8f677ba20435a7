import { Card } from './card.js';
import { parseCard } from './payload.js';

/** Room is the demo group's cards, newest first. */
export class Room {
  #session;
  #me;
  #list;
  #cards = new Map(); // by message ID
  #nextPage = '';

  constructor(session, me, list) {
    this.#session = session;
    this.#me = me;
    this.#list = list;
  }

  /** Whether there are older messages. */
  get hasMore() {
    return this.#nextPage !== '';
  }

  get size() {
    return this.#cards.size;
  }

  /** Shows one more page of messages, the newest page first. */
  async loadEarlier() {
    const { messages, next } = await this.#session.history(this.#nextPage || undefined);
    this.#nextPage = next;
    await this.add(messages);
  }

  /**
   * Reads the cards that could not be read while there was no connection. The SDK brings what was
   * missed as events.
   */
  async loadUnread() {
    const unread = [...this.#cards.values()].filter(({ loaded }) => !loaded);
    await Promise.all(unread.map((card) => card.load()));
  }

  /** Shows those of the messages that are cards, in order, and reads their pairs. */
  async add(messages) {
    const inserted = messages.map((message) => this.#insert(message));
    await Promise.all(inserted.map((card) => card?.load()));
  }

  #insert(message) {
    const content = message.isSupportExtension ? parseCard(message) : null;
    if (!content || this.#cards.has(message.ID)) return null;
    const card = new Card(this.#session, this.#me, message, content);
    const older = [...this.#cards.values()].filter(({ sequence }) => sequence < card.sequence);
    const next = older.reduce((a, b) => (a && a.sequence > b.sequence ? a : b), null);
    this.#list.insertBefore(card.element, next?.element ?? null);
    this.#cards.set(message.ID, card);
    return card;
  }

  onRevoked(messages) {
    for (const { ID } of messages) this.#cards.get(ID)?.onRevoked();
  }

  onUpdated({ messageID, extensions }) {
    this.#cards.get(messageID)?.onUpdated(extensions);
  }

  onDeleted({ messageID, keyList }) {
    this.#cards.get(messageID)?.onDeleted(keyList);
  }
}
