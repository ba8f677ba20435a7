/** Cards is the cards of the room, newest first. */
export class Cards {
  #make;
  #cards = new Map(); // by message ID

  element = document.createElement('div');

  /** make(message, content) makes the card of a message. */
  constructor(make) {
    this.#make = make;
    this.element.id = this.element.className = 'cards';
  }

  get size() {
    return this.#cards.size;
  }

  /** The widgets, newest first. */
  get widgets() {
    const newest = [...this.#cards.values()].sort((a, b) => b.sequence - a.sequence);
    return newest.map(({ widget }) => widget);
  }

  /** The card of a message, if it has one. */
  get(messageID) {
    return this.#cards.get(messageID);
  }

  /** Shows a message in order, once. */
  add(message, content) {
    if (this.#cards.has(message.ID)) return;
    const card = this.#make(message, content);
    const older = [...this.#cards.values()].filter(({ sequence }) => sequence < card.sequence);
    const next = older.reduce((a, b) => (a && a.sequence > b.sequence ? a : b), null);
    this.element.insertBefore(card.element, next?.element ?? null);
    this.#cards.set(message.ID, card);
  }

  /** Names people anew. */
  rename() {
    for (const card of this.#cards.values()) card.rename();
  }
}
