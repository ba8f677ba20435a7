import { confirmButton, h } from './dom.js';
import { avatar } from './people.js';
import { share } from './share.js';
import { phrase, say, timeOfDay } from './words.js';

/**
 * Card is one message: the widget that any page may have of it, what it is and whose, and what one
 * may do about it. The widget keeps the pairs, writes them, and says why a write failed.
 */
export class Card {
  #room;
  #message;

  /** The `<ext-poll>`, `<ext-chain>` or `<ext-survey>`. */
  widget;

  /**
   * The room has the chat, me, names(userID), nameOf(userID, nick) to name somebody in an element,
   * and revoke(message).
   */
  constructor(room, message, { kind, title }) {
    this.#room = room;
    this.#message = message;
    this.widget = h(`ext-${kind}`, { message: message.ID });
    this.widget.client = room.chat;
    this.rename();
    this.element = this.#frame(kind, title);
  }

  #frame(kind, title) {
    const { ID, from, nick, time } = this.#message;
    const sent = new Date(time * 1000);
    const who = this.#room.nameOf(from, nick);
    const byline = phrase('byline', {
      kind: h('strong', {}, say(kind)),
      who,
      time: h('time', { datetime: sent.toISOString() }, timeOfDay(sent)),
    });
    const heading = h('h2', { id: `title-${ID}`, dir: 'auto', tabindex: -1 }, title);
    return h(
      'article',
      { class: `card ${kind}`, 'aria-labelledby': heading.id },
      h(
        'header',
        {},
        avatar(from, who.dataset.name),
        h('div', {}, h('p', { class: 'byline' }, ...byline), heading),
      ),
      this.widget,
      h('footer', {}, ...this.#tools(kind)),
    );
  }

  #tools(kind) {
    const message = this.#message;
    const click = () => share(kind, message);
    const tools = [h('button', { type: 'button', class: 'quiet', click }, say('share'))];
    const revoke = () => this.#room.revoke(message);
    if (message.from === this.#room.me)
      tools.push(confirmButton(say('takeBack'), () => say('takeBackSure'), revoke));
    return tools;
  }

  /** The hub's number of the message, which orders cards. */
  get sequence() {
    return this.#message.sequence;
  }

  /** The widget asks who people are, once more. */
  rename() {
    this.widget.names = this.#room.names;
  }

  /** Leads a reader here. */
  focus() {
    const heading = this.element.querySelector('h2');
    this.element.scrollIntoView({ block: 'nearest' });
    heading?.focus({ preventScroll: true });
  }

  /** Shows that the message was taken back, and nothing else of it. */
  onRevoked() {
    const who = this.#room.nameOf(this.#message.revoker);
    this.element.replaceChildren(h('p', { class: 'gone' }, ...phrase('takenBack', { who })));
    this.element.removeAttribute('aria-labelledby');
  }
}
