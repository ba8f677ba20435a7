import { h, setText } from './dom.js';
import { avatar } from './people.js';
import { say } from './words.js';

const GOOD_NEWS_MS = 2500; // how long it stays

/** Top is what the bar at the top says in the room: who one is, and how the connection is. */
export class Top {
  #net = h('span', { id: 'net' });
  #dot = h('span', { id: 'dot', class: 'dot' });
  #text = h('span', { id: 'banner-text' });
  #again = h(
    'button',
    { id: 'again', class: 'primary', type: 'button', hidden: true, click: () => location.reload() },
    say('again'),
  );
  #banner = h(
    'div',
    { id: 'banner', class: 'banner', role: 'status', hidden: true },
    h('span', { class: 'pulse', 'aria-hidden': 'true' }),
    this.#text,
    this.#again,
  );
  #timer;
  /** Whether the connection is lost. */
  isOffline = false;

  constructor(bar, { userID, name }, leave) {
    const me = h(
      'strong',
      { id: 'me', class: 'me' },
      avatar(userID, name),
      h('bdi', { class: 'name' }, name),
    );
    const out = h(
      'button',
      { id: 'leave', class: 'quiet', type: 'button', click: leave },
      say('leave'),
    );
    const person = h(
      'div',
      { id: 'person', class: 'person' },
      h('span', { class: 'net' }, this.#dot, this.#net),
      me,
      out,
    );
    bar.append(person, this.#banner);
    this.#draw('connected', '');
  }

  /** Shows the state of the connection: good news for a moment, bad news until it is better. */
  show(state) {
    const isGood = state === 'connected';
    this.#draw(state, say(isGood ? 'connected' : 'lost'));
    this.#banner.hidden = isGood && !this.isOffline;
    if (isGood)
      this.#timer = setTimeout(() => {
        this.#banner.hidden = true;
      }, GOOD_NEWS_MS);
    this.isOffline = !isGood;
  }

  /** Shows that the session is over, and why. */
  end(why) {
    this.#draw('out', why);
    this.#banner.hidden = false;
    this.#again.hidden = false;
  }

  #draw(state, words) {
    clearTimeout(this.#timer);
    this.#banner.dataset.state = state;
    this.#dot.dataset.state = state;
    setText(this.#text, words);
    setText(this.#net, say(state === 'connected' ? 'live' : 'offline'));
  }
}
