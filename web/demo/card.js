import { confirmButton, h } from './dom.js';
import { avatar, displayName } from './people.js';
import { share } from './share.js';

const KIND_LABELS = { poll: 'Poll', chain: 'Chain', survey: 'Survey' };

/**
 * Card is one message: the widget that any page may have of it, what it is and whose, and what one
 * may do about it. The widget keeps the pairs, writes them, and says why a write failed.
 */
export class Card {
  #me;
  #message;

  /** The `<ext-poll>`, `<ext-chain>` or `<ext-survey>`. */
  widget;

  /** revoke() takes the message back. */
  constructor(chat, me, message, { kind, title }, revoke) {
    this.#me = me;
    this.#message = message;
    this.widget = h(`ext-${kind}`, { message: message.ID });
    this.widget.client = chat;
    this.element = this.#frame(kind, title, revoke);
  }

  #frame(kind, title, revoke) {
    const { ID, from, time } = this.#message;
    const sent = new Date(time * 1000);
    const clock = h(
      'time',
      { datetime: sent.toISOString() },
      sent.toLocaleTimeString([], { timeStyle: 'short' }),
    );
    const byline = h(
      'p',
      { class: 'byline' },
      h('strong', {}, KIND_LABELS[kind]),
      ' by ',
      h('bdi', {}, displayName(from, this.#me)),
      ', ',
      clock,
    );
    const heading = h('h2', { id: `title-${ID}`, dir: 'auto' }, title);
    return h(
      'article',
      { class: `card ${kind}`, 'aria-labelledby': heading.id },
      h('header', {}, avatar(from), h('div', {}, byline, heading)),
      this.widget,
      h('footer', {}, ...this.#tools(kind, revoke)),
    );
  }

  #tools(kind, revoke) {
    const tools = [
      h(
        'button',
        { type: 'button', class: 'quiet', click: () => share(kind, this.#message) },
        'Share',
      ),
    ];
    if (this.#message.from === this.#me)
      tools.push(confirmButton('Take back', () => 'Really take it back, for everybody?', revoke));
    return tools;
  }

  /** The hub's number of the message, which orders cards. */
  get sequence() {
    return this.#message.sequence;
  }

  /** Shows that the message was taken back, and nothing else of it. */
  onRevoked() {
    const who = displayName(this.#message.revoker, this.#me);
    this.element.replaceChildren(h('p', { class: 'gone' }, `Taken back by ${who}.`));
    this.element.removeAttribute('aria-labelledby');
  }
}
