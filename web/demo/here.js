import { h, setText } from './dom.js';
import { avatar } from './people.js';
import { language, say } from './words.js';

/** The most people who are listed. */
const MOST = 50;

/** Here lists who is in the room, oneself first. */
export class Here {
  #me;
  #title = h('h2', { id: 'here-title' });
  #list = h('ul', { class: 'people', 'aria-labelledby': 'here-title', tabindex: 0 });
  #shown = '';

  element = h('div', { class: 'here' }, this.#title, this.#list);

  constructor(me) {
    this.#me = me;
  }

  /** Shows people, as {userID, name}. */
  show(people) {
    const { compare } = new Intl.Collator(language());
    const isMe = ({ userID }) => userID === this.#me;
    const sorted = [...people].sort((a, b) => isMe(b) - isMe(a) || compare(a.name, b.name));
    // Written anew only if it differs: it is drawn whenever somebody says to be here still.
    const text = JSON.stringify(sorted);
    if (this.#shown === text) return;
    this.#shown = text;
    setText(this.#title, say('here', people.length));
    const items = sorted.slice(0, MOST).map((one) => this.#item(one));
    const more = sorted.length - items.length;
    if (more > 0) items.push(h('li', {}, say('more', more)));
    this.#list.replaceChildren(...items);
  }

  #item({ userID, name }) {
    const you = userID === this.#me ? [' ', h('small', {}, say('you'))] : [];
    return h('li', {}, avatar(userID, name), h('bdi', { class: 'name' }, name), ...you);
  }
}
