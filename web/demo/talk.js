import { h, setText } from './dom.js';
import { avatar, isVisible } from './people.js';
import { phrase, say, timeOfDay } from './words.js';

/** The most characters of a message. */
const MOST = 1000;
/** What is not sent yet stands behind all that is. */
const LAST = Infinity;

/**
 * Talk is what people say to each other, and what has happened, in the order of the hub. Handlers:
 * draft(text) makes a message, send(message) sends it or sends it again, open(ID) leads to a card.
 */
export class Talk {
  #handlers;
  #nameOf;
  #log = h('div', {
    id: 'log',
    class: 'log',
    role: 'log',
    'aria-label': say('chat'),
    tabindex: 0,
  });
  #input = h('input', {
    'aria-label': say('write'),
    placeholder: say('write'),
    maxlength: MOST,
    dir: 'auto',
    autocomplete: 'off',
  });
  #known = new Set(); // IDs of messages that are in the log
  #newest = 0; // their highest number

  /** The log, and a field to write in. */
  elements = [
    this.#log,
    h(
      'form',
      { class: 'entry', submit: (event) => this.#onSubmit(event) },
      this.#input,
      h('button', { type: 'submit', class: 'primary' }, say('send')),
    ),
  ];

  /** nameOf(userID, nick) names somebody in an element. */
  constructor(nameOf, handlers) {
    this.#nameOf = nameOf;
    this.#handlers = handlers;
  }

  /** Whether it is on the screen: on a phone the cards may be there in its place. */
  get isShown() {
    return this.#log.getClientRects().length > 0;
  }

  /** Shows a message that is a text, once. */
  add(message) {
    if (this.#known.has(message.ID) || message.isRevoked) return;
    this.#known.add(message.ID);
    this.#place(this.#line(message), message.sequence);
  }

  /** Shows that somebody made a card, once. */
  addCard({ ID, from, nick, sequence, time }, { kind, title }) {
    if (this.#known.has(ID)) return;
    this.#known.add(ID);
    const link = h(
      'button',
      { type: 'button', class: 'link', click: () => this.#handlers.open(ID) },
      h('bdi', {}, title),
    );
    const who = this.#nameOf(from, nick, true);
    const words = phrase(`made_${kind}`, { who, title: link });
    this.#place(h('p', { class: 'notice' }, ...words, ' ', clock(time)), sequence);
  }

  /** Shows at the end what has just happened. */
  note(word, elements) {
    this.#place(h('p', { class: 'notice' }, ...phrase(word, elements)), this.#newest);
  }

  /** Shows the newest line. What is hidden can't be scrolled: it is for when the log is shown. */
  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #line({ from, nick, flow, time, payload }) {
    const who = this.#nameOf(from, nick);
    return h(
      'div',
      { class: `message${flow === 'out' ? ' mine' : ''}` },
      avatar(from, who.dataset.name),
      h('p', { class: 'byline' }, who, ' ', clock(time)),
      h('p', { class: 'words', dir: 'auto' }, payload.text),
    );
  }

  /** Puts a line where its number is. Who reads at the end stays there. */
  #place(line, sequence) {
    const log = this.#log;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    line.dataset.sequence = sequence;
    if (sequence !== LAST) this.#newest = Math.max(this.#newest, sequence);
    const next = [...log.children].find((other) => Number(other.dataset.sequence) > sequence);
    log.insertBefore(line, next ?? null);
    if (atEnd || sequence === LAST) this.toEnd();
  }

  #onSubmit(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (!isVisible(text)) return;
    this.#input.value = '';
    this.#input.focus();
    const message = this.#handlers.draft(text);
    const line = this.#line(message);
    this.#place(line, LAST);
    void this.#send(message, line);
  }

  /** Sends a message, and shows beneath it what became of that. */
  async #send(message, line) {
    const state = line.querySelector('.state') ?? h('p', { class: 'state' });
    line.append(state);
    setText(state, say('sending'));
    try {
      const { ID, sequence } = await this.#handlers.send(message);
      state.remove();
      // What came meanwhile from here may have been told as news, too.
      if (this.#known.has(ID)) return void line.remove();
      this.#known.add(ID);
      this.#place(line, sequence);
    } catch {
      const click = () => void this.#send(message, line);
      const again = h('button', { type: 'button', class: 'link', click }, say('sendAgain'));
      state.replaceChildren(say('unsent'), ' ', again);
    }
  }
}

function clock(time) {
  const date = new Date(time * 1000);
  return h('time', { datetime: date.toISOString() }, timeOfDay(date));
}
