import { isBusy, isOffline, pause } from './answer.js';
import { addStyles, h } from './dom.js';
import { enter, hubAddress } from './door.js';
import { Notice } from './notice.js';
import { Source } from './source.js';
import style from './style.js';
import { Voice } from './voice.js';
import { speaker } from './words.js';

/**
 * @typedef {import('./index.js').WidgetClient} WidgetClient
 * @typedef {import('./index.js').WidgetState} WidgetState
 * @typedef {import('./index.js').TicketSource} TicketSource
 * @typedef {import('./index.js').ExtWidget} ExtWidget
 */

/** Ours: a message of another kind. */
const UNREADABLE = 1;
// Codes of the hub.
const NOT_ALLOWED = 10007;
const NO_EXTENSIONS = 23002;

const BEGIN_ANEW = ['hub', 'message', 'ticket'];
const DRAW_ANEW = ['results', 'readonly', 'present', 'lang'];

/** A server that renders has no elements: there the classes are empty. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/**
 * Element is the life of a widget: it connects, follows the message that it is told, begins anew
 * when something is lost, and draws once for all that comes at a time.
 */
export class Element extends Base {
  static get observedAttributes() {
    return [...BEGIN_ANEW, ...DRAW_ANEW];
  }

  /** @type {Source | null} what is drawn; while it begins anew, what was */
  _source = null;
  /** @type {{ code: number } | null} why there is nothing to follow */
  _trouble = null;

  _body = h('form', { part: 'form', novalidate: true });
  _notice = new Notice();
  _fallback = h('slot');
  _live = h('p', { class: 'sr', role: 'status' });
  _voice = new Voice(this._live);
  _card = h(
    'div',
    { part: 'card', class: 'card' },
    h('slot', { name: 'header' }),
    this._fallback,
    this._body,
    this._notice.element,
    h('slot', { name: 'footer' }),
    this._live,
  );

  /** @type {WidgetState} */
  _state = 'loading';
  /** @type {CustomStateSet | undefined} */
  _states;
  /** @type {ReturnType<typeof speaker> | null} */
  _speaker = null;
  /** @type {WidgetClient | null} the page's */
  _client = null;
  /** @type {TicketSource | null} */
  _ticket = null;
  /** @type {ExtWidget['names']} */
  _names = null;

  /** What ext-change told last. */
  _told = '';
  _started = false;
  _drawing = false;
  /** Counts beginnings and ends. What an earlier one still brings is dropped. */
  _turn = 0;
  /** Attempts in a row that failed. */
  _attempts = 0;
  /** @type {Source | null} what is followed */
  _opening = null;
  _leave = () => {};
  /** @type {any} */
  _timer;
  /** @type {IntersectionObserver | undefined} */
  _observer;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    addStyles(root, style);
    root.append(this._card);
    try {
      this._states = this.attachInternals().states;
    } catch {
      // The attribute tells it too.
    }
  }

  connectedCallback() {
    this._speaker = null; // another language may be around it
    if (this._started) return this._draw(); // moved
    for (const name of /** @type {const} */ (['client', 'ticket', 'names'])) {
      if (!Object.prototype.hasOwnProperty.call(this, name)) continue;
      const early = /** @type {any} */ (this[name]); // set before this class was there
      delete this[name];
      this[name] = early;
    }
    this._started = true; // behind those, of which each would begin anew
    this._draw();
    if (this.getAttribute('loading') !== 'lazy') return this._begin();
    this._observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this._observer?.disconnect();
      this._begin();
    });
    this._observer.observe(this);
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return; // moved
      this._started = false;
      this._observer?.disconnect();
      this._end();
    });
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (!this._started) return;
    if (name === 'lang') this._speaker = null;
    if (name === 'message' && before !== now) this._forget();
    if (BEGIN_ANEW.includes(name)) this._begin();
    this._draw();
  }

  get state() {
    return this._state;
  }

  get client() {
    return this._client ?? this._source?.chat ?? null;
  }

  set client(chat) {
    this._client = chat;
    if (this._started) this._begin();
  }

  get ticket() {
    return this._ticket ?? this.getAttribute('ticket');
  }

  set ticket(source) {
    this._ticket = source;
    if (this._started) this._begin();
  }

  get names() {
    return this._names;
  }

  set names(names) {
    this._names = names;
    if (this._started) this._draw();
  }

  // What a widget adds:

  /**
   * Takes what has been read. Returns false if it is nothing to show.
   *
   * @param {Source} _source
   */
  _take(_source) {
    return false;
  }

  /** What is followed has changed. */
  _change() {}

  _drawNow() {}

  // What it uses:

  get _language() {
    if (!this._speaker?.isCurrent()) this._speaker = speaker(this);
    return this._speaker;
  }

  /** @type {ReturnType<typeof speaker>['say']} */
  _say(...args) {
    return this._language.say(...args);
  }

  /**
   * @param {string} name
   * @param {object} [detail]
   * @param {boolean} [cancelable]
   */
  _tell(name, detail = {}, cancelable = false) {
    const options = { detail, cancelable, bubbles: true, composed: true };
    return this.dispatchEvent(new CustomEvent(name, options));
  }

  /**
   * Tells the page what is shown, if that is new.
   *
   * @param {object} detail
   */
  _tellChange(detail) {
    const told = JSON.stringify(detail);
    if (told !== this._told) queueMicrotask(() => this._tell('ext-change', detail));
    this._told = told;
  }

  /** Draws soon: once for all that comes at a time. */
  _draw() {
    if (this._drawing) return;
    this._drawing = true;
    queueMicrotask(() => {
      this._drawing = false;
      this._redraw();
    });
  }

  /** Draws. The card takes the focus of what goes away with it, so that keys go on from there. */
  _redraw() {
    const focused = this.shadowRoot?.activeElement;
    this._drawNow();
    if (!focused || (focused.getClientRects().length && !focused.matches(':disabled'))) return;
    this._card.tabIndex = -1;
    this._card.focus({ preventScroll: true });
  }

  /** @param {WidgetState} state */
  _enterState(state) {
    const previous = this._state;
    this._state = state;
    this.setAttribute('state', state);
    this._states?.delete(previous);
    this._states?.add(state);
    if (previous !== state) this._tell('ext-state', { state, previous });
  }

  /** Begins, or begins anew. What was drawn stays until there is something else. */
  _begin() {
    this._end();
    this._trouble = null;
    this._draw();
    if (this.getAttribute('message')) void this._load(this._turn);
  }

  _end() {
    this._turn++;
    clearTimeout(this._timer);
    this._voice.end();
    this._opening?.close();
    this._leave();
    this._leave = () => {};
  }

  /** Forgets the message that it was told before. */
  _forget() {
    this._source = null;
    this._told = '';
  }

  /** @param {number} turn */
  async _load(turn) {
    const fail = (/** @type {any} */ error) => turn === this._turn && this._fail(error);
    try {
      const chat = await this._chat();
      if (turn !== this._turn) return;
      const source = new Source(chat, this.getAttribute('message') ?? '', {
        mayJoin: !this._client,
        onChange: () => source === this._source && this._change(),
        onTrouble: fail,
      });
      this._opening = source;
      await source.open();
      if (turn !== this._turn) return;
      const first = !this._source;
      if (!this._take(source)) return fail({ code: UNREADABLE });
      this._attempts = 0;
      this._trouble = null;
      this._redraw();
      if (first) this._tell('ext-ready', { message: source.message });
    } catch (error) {
      fail(error);
    }
  }

  /** @returns {Promise<WidgetClient>} */
  async _chat() {
    const client = this._client;
    if (client) {
      if (!client.isReady()) await new Promise((resolve) => client.once('sdkStateReady', resolve));
      return client;
    }
    const { chat, leave } = enter(hubAddress(this.getAttribute('hub')), this.ticket);
    this._leave = leave;
    return chat;
  }

  /** @param {any} error why it has to begin anew, by itself or when the user says so */
  _fail(error) {
    this._end();
    this._trouble = error;
    if (isOffline(error) || isBusy(error)) {
      this._timer = setTimeout(
        () => {
          this._begin();
          this._trouble = error; // until it is there
        },
        pause(this._attempts++, error),
      );
    }
    this._tell('ext-error', { code: error.code, message: error.message ?? '' });
    this._draw();
  }
}

/**
 * @param {{ code: number }} error
 * @returns {WidgetState}
 */
export function stateOf(error) {
  const { code } = error;
  if (isOffline(error)) return 'offline';
  if (isBusy(error)) return 'busy';
  if (code === UNREADABLE || code === NO_EXTENSIONS) return 'unsupported';
  if (code === NOT_ALLOWED || code >= 70_000 || (code >= 400 && code < 500)) return 'denied';
  return 'error';
}
