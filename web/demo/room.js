import { Card } from './card.js';
import { isOpenPoll } from './experiments.js';
import { readCard } from './payload.js';

/** Room is the demo group's cards, newest first. */
export class Room {
  #session;
  #me;
  #list;
  #attempt;
  #cards = new Map(); // by message ID
  #nextPage = '';

  /** attempt(task) runs what may fail, and says why. */
  constructor(session, me, list, attempt) {
    this.#session = session;
    this.#me = me;
    this.#list = list;
    this.#attempt = attempt;
  }

  /** Whether there are older messages. */
  get hasMore() {
    return this.#nextPage !== '';
  }

  get size() {
    return this.#cards.size;
  }

  /** The newest poll that takes votes, or undefined. */
  get openPoll() {
    const open = [...this.#cards.values()].filter(({ widget }) => isOpenPoll(widget));
    return open.sort((a, b) => b.sequence - a.sequence)[0]?.widget;
  }

  /** Shows one more page of messages, the newest page first. */
  async loadEarlier() {
    const { messages, next } = await this.#session.history(this.#nextPage || undefined);
    this.#nextPage = next;
    this.add(messages);
  }

  /** Shows those of the messages that are cards, in order. */
  add(messages) {
    for (const message of messages) this.#insert(message);
  }

  #insert(message) {
    const content = message.isSupportExtension ? readCard(message) : null;
    if (!content || this.#cards.has(message.ID)) return;
    const revoke = () => void this.#attempt(() => this.#session.revoke(message));
    const card = new Card(this.#session.chat, this.#me, message, content, revoke);
    const older = [...this.#cards.values()].filter(({ sequence }) => sequence < card.sequence);
    const next = older.reduce((a, b) => (a && a.sequence > b.sequence ? a : b), null);
    this.#list.insertBefore(card.element, next?.element ?? null);
    this.#cards.set(message.ID, card);
  }

  onRevoked(messages) {
    for (const { ID } of messages) this.#cards.get(ID)?.onRevoked();
  }
}
