import { Answer, CONFLICT } from './answer.js';
import { button, h, setText } from './dom.js';
import { Element, stateOf } from './element.js';
import { refusalOf } from './notice.js';

/**
 * @typedef {import('./index.js').WidgetState} WidgetState
 * @typedef {import('./sheet.js').Sheet} Sheet
 * @typedef {import('./source.js').Source} Source
 * @typedef {import('./notice.js').Words} Notice
 */

/** The hub's codes for what is not there any more. */
const GONE = [10010, 20023, 23004];

/**
 * Widget is what polls, chains and surveys have in common: this user's answer, what became of it,
 * and what there is to say.
 *
 * @template {Sheet} S
 */
export class Widget extends Element {
  /** @type {S | null} */
  _sheet = null;
  /** @type {Answer | null} */
  _answer = null;
  /** Why the last answer was refused, in a sentence. */
  _refusal = '';
  /** From how many answers on there is no room. */
  _room = Infinity;
  /** @type {boolean | null} null until it is shown: what was closed before is not told */
  _wasClosed = null;
  /** @type {any} what the pairs come to, until something changes: a hall has many */
  _counted = null;
  /** Whether the author was asked if it shall be closed. */
  _sure = false;

  _legend = h('legend', { part: 'question', dir: 'auto' });
  _badge = h('span', { part: 'badge', class: 'badge' });
  _terms = h('span');
  _hint = h('p', { part: 'hint', class: 'hint' }, this._badge, this._terms);
  _nobody = h('slot', { name: 'empty' });
  _status = h('span');
  _retractButton = button('retract', '', () => this._try(''));
  _closeButton = button('close', '', () => this._askToClose());
  _sendButton = h('button', { part: 'button submit', class: 'primary' });
  _foot = h(
    'div',
    { class: 'foot' },
    h('p', { part: 'status', class: 'status' }, this._nobody, this._status),
    this._retractButton,
    this._closeButton,
    this._sendButton,
  );
  /** What others have done, as it was said or need not be. */
  _known = '';

  constructor() {
    super();
    this._body.addEventListener('submit', (event) => {
      event.preventDefault();
      this._submit();
    });
  }

  async retract() {
    await this._write('');
  }

  async close() {
    const { chat, message } = this._need();
    const ours = /** @type {any} */ (message);
    if (this._sheet?.ruled) await chat.closeMessageExtensions(ours);
    else await chat.setMessageExtensions(ours, [{ key: 'closed', value: '1' }]);
  }

  // What the kinds add:

  /**
   * What a message asks; null if it is none of this kind.
   *
   * @param {import('../sdk/index.js').Message} _message
   * @returns {S | null}
   */
  _read(_message) {
    return null;
  }

  /** Makes the elements of a sheet. */
  _build() {}

  /** Brings them up to date. */
  _update() {}

  /** Sends what is chosen or typed. */
  _submit() {}

  /**
   * Puts back into the form what was not taken, so that nobody has to write it again.
   *
   * @param {string} _value
   */
  _giveBack(_value) {}

  /** How many have answered. */
  _total() {
    return 0;
  }

  /** What others have done, in a sentence. */
  _news() {
    return '';
  }

  /** @param {string} _value that the hub has taken; in a sentence */
  _thanks(_value) {
    return '';
  }

  /** @param {string} _value in people's words */
  _describe(_value) {
    return '';
  }

  /**
   * A value as events tell it.
   *
   * @param {string} _value
   * @returns {object}
   */
  _detail(_value) {
    return {};
  }

  // What they use:

  /** The key of this user's answer. */
  get _key() {
    const userID = this._source?.chat.getLoginUser() ?? '';
    return this._sheet?.own ? userID : `${userID}_0`;
  }

  /** The answer that the hub has. */
  get _stored() {
    const { _source: source, _sheet: sheet } = this;
    if (!source || !sheet) return '';
    if (!sheet.hashed) return source.pairs.get(this._key) ?? '';
    const hidden = sheet.reveal === 'never' || (sheet.reveal === 'closed' && !this._isClosed);
    const alone = sheet.show === 'summary' || (hidden && !this._isAuthor);
    const [own] = alone ? source.pairs.values() : [];
    return own ?? this._answer?.written ?? '';
  }

  /** The answer as it shall be. */
  get _mine() {
    return this._answer?.wish?.value ?? this._stored;
  }

  get _isClosed() {
    const { _source: source, _sheet: sheet } = this;
    if (!source) return false;
    return sheet?.ruled ? source.summary.closedSeq !== undefined : source.pairs.has('closed');
  }

  get _isAuthor() {
    const { _source: source } = this;
    return source !== null && source.message?.from === source.chat.getLoginUser();
  }

  /** Whether it is only to be seen. */
  get _isReadOnly() {
    if (this.hasAttribute('readonly') || this.hasAttribute('present')) return true;
    return this._isClosed || (this._sheet?.write === 'author' && !this._isAuthor);
  }

  /** Whether an answer would be taken now. */
  get _isOpen() {
    if (this._isReadOnly) return false;
    if (this._stored) return !this._sheet?.once;
    return Boolean(this._answer?.wish) || this._total() < this._room;
  }

  /** Whether results are shown. */
  get _isRevealed() {
    const asked = this.getAttribute('results') ?? this._sheet?.results;
    if (this._isClosed || asked === 'always') return true;
    return asked !== 'after-close' && (this._isReadOnly || this._mine !== '');
  }

  /** Whether there is something to wait for. */
  get _isLater() {
    const asked = this.getAttribute('results') ?? this._sheet?.results;
    return !this._isClosed && (asked === 'after-close' || this._sheet?.reveal === 'closed');
  }

  /**
   * Writes the user's answer, '' to take it back, unless the page objects. Returns whether it did
   * not.
   *
   * @param {string} value
   */
  async _write(value) {
    this._need();
    this._refusal = '';
    this._draw();
    const goes = this._tell('ext-vote', this._detail(value), true);
    if (goes) await this._answer?.write(value);
    return goes;
  }

  /**
   * The same for people, who read on the page what became of it.
   *
   * @param {string} value
   */
  _try(value) {
    void this._write(value)
      .catch(({ code }) => code === CONFLICT) // there is a button with what was wished
      .then((taken) => taken || (value && this._sheet && this._giveBack(value)));
  }

  /** @param {string | false} term what there is to know besides */
  _updateHint(term) {
    const { title = '', description = '', anonymous } = this._sheet ?? {};
    setText(this._legend, title);
    setText(this._badge, this._isClosed ? this._say('closed') : '');
    const terms = [anonymous && this._say('anonymous'), term, description];
    setText(this._terms, terms.filter(Boolean).join(' · '));
  }

  /**
   * @param {number} total
   * @param {string} some the word for some
   * @param {string} none
   */
  _updateStatus(total, some, none) {
    const closeAt = this._isClosed ? 0 : this._source?.summary.closeAt;
    const parts = [
      total > 0 && this._say(some, total),
      this._answer?.wish && this._say('sending'),
      closeAt && this._say('until', 0, this._language.time(closeAt)),
      this._isLater && this._say('later'),
    ];
    const said = parts.filter(Boolean).join(' · ');
    setText(this._status, said && !total ? ` · ${said}` : said);
    setText(this._nobody, total ? '' : this._say(none));
    const isTheirs = this._isAuthor && !this._isReadOnly;
    setText(this._closeButton, isTheirs ? this._say(this._sure ? 'sure' : 'close') : '');
  }

  _askToClose() {
    if (this._sure) this.close().catch((error) => this._onRefused(error));
    this._sure = !this._sure;
    this._draw();
  }

  _need() {
    if (this._source && this._answer) return this._source;
    throw new Error(`<${this.localName}> is not there yet: wait for ext-ready.`);
  }

  /** @override @param {Source} source */
  _take(source) {
    const message = /** @type {import('../sdk/index.js').Message} */ (source.message);
    const sheet = this._read(message);
    if (!sheet) return false;
    const isSame = JSON.stringify(sheet) === JSON.stringify(this._sheet);
    const former = this._answer;
    this._source = source;
    this._sheet = sheet;
    this._room = sheet.max;
    this._known = '';
    this._answer = new Answer(source, this._key, sheet.hashed, {
      change: () => this._draw(),
      stored: () => this._stored,
      done: (value) => this._voice.say(value ? this._thanks(value) : this._say('back')),
      refused: (error) => this._onRefused(error),
      conflict: ({ mine, theirs }) =>
        this._tell('ext-conflict', { mine: this._detail(mine), theirs: this._detail(theirs) }),
    });
    if (former?.wish && isSame) this._answer.adopt(former);
    if (!isSame) this._build(); // else what is chosen and typed stays
    return true;
  }

  /** @override */
  _end() {
    super._end();
    this._answer?.stop();
  }

  /** @override */
  _forget() {
    super._forget();
    this._answer?.end();
    this._answer = this._sheet = null;
    this._refusal = '';
    this._sure = false;
  }

  /** @override */
  _change() {
    this._answer?.resume();
    this._draw();
  }

  /** @override */
  _draw() {
    this._counted = null;
    super._draw();
  }

  /** @override */
  _drawNow() {
    this._counted = null;
    const shown = this._sheet !== null;
    this._card.lang = this._language.lang;
    this._body.hidden = !shown;
    this._fallback.hidden = shown;
    if (shown) this._update();
    this._enterState(this._stateNow());
    if (this._isClosed && this._wasClosed === false) this._tell('ext-close');
    this._wasClosed = shown ? this._isClosed : null;
    const notice = this._noticeNow();
    const fresh = this._notice.show(this._state, notice);
    if (fresh && this._state !== 'loading') this._voice.say(notice[0]);
    const news = shown ? this._heard() : '';
    // What the user does is said when the hub has it.
    if (news && this._known && news !== this._known && !this._answer?.wish)
      this._voice.sayLater(() => this._heard());
    this._known = news;
  }

  /** What there is to hear: the sentence, and that it is the last. */
  _heard = () => (this._isClosed ? `${this._say('closed')} · ` : '') + this._news();

  /** @returns {WidgetState} */
  _stateNow() {
    if (this._trouble) return stateOf(this._trouble);
    if (!this._sheet) return 'loading';
    if (this._isClosed) return 'closed';
    return this._answerState() ?? (this._total() ? 'open' : 'empty');
  }

  /** @returns {WidgetState | null} */
  _answerState() {
    const { _answer: answer, _source: source } = this;
    if (answer?.conflict) return 'conflict';
    if (answer?.busy) return 'busy';
    if (!source?.online) return 'offline';
    if (answer?.wish) return 'pending';
    if (this._stored) return 'voted';
    return this._total() >= this._room ? 'full' : null;
  }

  /** @returns {Notice} */
  _noticeNow() {
    const { _answer: answer, _trouble: trouble, _state: state } = this;
    const written = answer?.wish;
    if (this._refusal && !trouble) return [this._refusal];
    if (answer?.conflict) return this._conflictNotice(answer.conflict);
    if (state === 'offline') return [this._say(written ? 'offline' : 'away')];
    if (state === 'busy') return [this._say(written ? 'busy' : 'waiting')];
    if (trouble) {
      const word = GONE.includes(trouble.code) ? 'gone' : state;
      return [this._say(word), ['again', this._say('again'), () => this._begin()]];
    }
    if (state === 'loading' && this.children.length) return ['']; // they are shown meanwhile
    return [['loading', 'full'].includes(state) ? this._say(state) : ''];
  }

  /**
   * @param {{ mine: string, theirs: string }} conflict
   * @returns {Notice}
   */
  _conflictNotice({ mine, theirs }) {
    const [there, here] = [this._describe(theirs), this._describe(mine)];
    const keep = () => {
      if (this._answer) this._answer.conflict = null;
      this._draw();
    };
    return [
      this._say('conflict', 0, there),
      ['keep', this._say('keep', 0, there), keep],
      ['make', this._say('make', 0, here), () => this._try(mine)],
    ];
  }

  /** @param {any} error */
  _onRefused({ code, message }) {
    const word = refusalOf(code, message);
    if (word === 'fullNow') this._room = this._total();
    this._refusal = this._say(word, 0, message);
    this._tell('ext-error', { code, message });
    this._source?.read().catch(() => {}); // what made the hub refuse, it may show
    this._draw();
  }
}
