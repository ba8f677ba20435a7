import { chain } from './chain.js';
import { confirmButton, h, setText } from './dom.js';
import { fullProblem, MAX_PAIRS } from './limits.js';
import { notice } from './notice.js';
import { avatar, displayName } from './people.js';
import { poll } from './poll.js';
import { errorSentence } from './sentences.js';
import { survey } from './survey.js';

const RENDERERS = { poll, chain, survey };
const KIND_LABELS = { poll: 'Poll', chain: 'Chain', survey: 'Survey' };

const WAITING = 'Waiting for the hub. It is sent as soon as there is a connection.';
const WAITING_MS = 400; // after which one wonders

/**
 * Card is one message with its pairs. Poll, chain or survey draw its body; what all three share is
 * here: keeping the pairs, writing them, and showing why a write failed.
 *
 * A write does not change the card. Its event does, as in everybody else's window.
 */
export class Card {
  /** Whether the pairs have been read. */
  loaded = false;

  #session;
  #me;
  #message;
  #pairs = new Map();
  #body;
  #notice = notice();
  #waiting = h('p', { class: 'hint', role: 'status' });
  #size = h('span', { class: 'size' });
  #clearButton = confirmButton(
    'Clear',
    () => `Really remove all (${this.#pairs.size})?`,
    () => this.#attempt(() => this.#session.clear(this.#message)),
  );
  #revokeButton = confirmButton(
    'Take back',
    () => 'Really take it back, for everybody?',
    () => this.#attempt(() => this.#session.revoke(this.#message)),
  );
  #footer = h('footer', {}, this.#size);

  constructor(session, me, message, content) {
    this.#session = session;
    this.#me = me;
    this.#message = message;
    this.#body = RENDERERS[content.kind](content, {
      me,
      set: (key, value, format) => this.#attempt(() => this.#set(key, value), format),
      remove: (key, format) => this.#attempt(() => session.remove(message, key), format),
    });
    this.element = this.#frame(content, me);
    this.#draw();
  }

  #frame({ kind, title }, me) {
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
      h('bdi', {}, displayName(from, me)),
      ', ',
      clock,
    );
    const heading = h('h3', { id: `title-${ID}`, dir: 'auto' }, title);
    if (from === me)
      this.#footer.append(...(this.#body.tools ?? []), this.#clearButton, this.#revokeButton);
    return h(
      'article',
      { class: `card ${kind}`, 'aria-labelledby': heading.id },
      h('header', {}, avatar(from), h('div', {}, byline, heading)),
      this.#body.element,
      this.#waiting,
      this.#notice.element,
      this.#footer,
    );
  }

  /** The hub's number of the message, which orders cards. */
  get sequence() {
    return this.#message.sequence;
  }

  /** Reads all pairs. Afterwards events keep them current. */
  async load() {
    this.#pairs = await this.#session.pairs(this.#message);
    this.loaded = true;
    this.#draw();
  }

  /** Shows that the message was taken back, and nothing else of it. */
  onRevoked() {
    const who = displayName(this.#message.revoker, this.#me);
    this.loaded = true; // there is nothing to read any more
    this.element.replaceChildren(h('p', { class: 'gone' }, `Taken back by ${who}.`));
    this.element.removeAttribute('aria-labelledby');
  }

  onUpdated(extensions) {
    for (const { key, value } of extensions) this.#pairs.set(key, value);
    this.#draw();
  }

  onDeleted(keys) {
    for (const key of keys) this.#pairs.delete(key);
    this.#draw();
  }

  #draw() {
    this.#body.render(this.#pairs);
    setText(
      this.#size,
      this.#pairs.size < MAX_PAIRS * 0.75 ? '' : `${this.#pairs.size} of ${MAX_PAIRS} entries`,
    );
    this.#clearButton.hidden = this.#pairs.size === 0;
    this.#footer.hidden = [...this.#footer.children].every(
      (child) => child.hidden || child.textContent === '',
    );
  }

  #set(key, value) {
    const problem = this.#pairs.has(key) ? '' : fullProblem(this.#pairs.size);
    if (problem) throw new Error(problem);
    return this.#session.set(this.#message, key, value);
  }

  /**
   * Runs a write until it is done (true) or the person gives it up (false). The person decides on a
   * conflict, because the new value may change their mind. Trying again overwrites it: the SDK has
   * learned its Seq.
   */
  async #attempt(run, format = (value) => value) {
    this.#notice.hide();
    for (;;) {
      const sign = setTimeout(() => setText(this.#waiting, WAITING), WAITING_MS);
      const problem = await tryWrite(run, format);
      clearTimeout(sign);
      setText(this.#waiting, '');
      if (!problem) return true;
      if (!(await this.#notice.ask(problem))) return false;
    }
  }
}

/** Runs a write. Returns a sentence that says why it failed, or "". */
async function tryWrite(run, format) {
  try {
    const conflict = await run();
    if (!conflict) return '';
    if (conflict.value === '') return 'Changed meanwhile, now it is gone.';
    return `Changed meanwhile, now it is “${format(conflict.value)}”.`;
  } catch (error) {
    return errorSentence(error);
  }
}
