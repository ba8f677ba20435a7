import { button, h, setText } from './dom.js';
import { choicesOf, readPoll, tally } from './sheet.js';
import { Widget } from './widget.js';

/**
 * @typedef {import('./sheet.js').Poll} Poll
 *
 * @typedef {object} Row
 * @property {string} index
 * @property {HTMLElement} element
 * @property {HTMLElement} label
 * @property {HTMLInputElement} input
 * @property {HTMLElement} tick
 * @property {HTMLElement} note
 * @property {HTMLElement} votes
 * @property {HTMLElement} percent
 * @property {HTMLElement} bar
 */

/**
 * A live poll: one vote a person, for one option or several.
 *
 * @extends {Widget<Poll>}
 */
export class ExtPoll extends Widget {
  /** @type {Row[]} */
  _rows = [];
  /** @type {string[] | null} what is chosen and not sent */
  _choice = null;
  /** Whether the choice was made by pointing, not by the keys that go through the options. */
  _pointed = false;
  /** @type {string} what ext-change told last */
  _told = '';
  _legend = h('legend', { part: 'question', dir: 'auto' });
  _badge = h('span', { part: 'badge', class: 'badge' });
  _terms = h('span');
  _hint = h('p', { part: 'hint', class: 'hint' }, this._badge, this._terms);
  _list = h('ul', { part: 'options', class: 'rows', role: 'list' });
  _status = h('span');
  _nobody = h('slot', { name: 'empty' });
  _voteButton = h('button', { part: 'button submit', class: 'primary' });
  _retractButton = button('retract', '', () => this._try(''));
  _closeButton = button('close', '', () => this._askToClose());
  _sure = false;

  /** @param {(string | number)[]} choices */
  async vote(...choices) {
    this._need();
    const poll = /** @type {Poll} */ (this._sheet);
    const chosen = choicesOf(poll, choices.join('_'));
    if (!chosen.length || chosen.length !== choices.length)
      throw new RangeError(
        `choices: 1 to ${poll.most} of ${poll.options.map(({ index }) => index).join()}`,
      );
    await this._write(chosen.join('_'));
  }

  /** The result as CSV: options and votes. What a spreadsheet would take for a formula is text. */
  export() {
    this._need();
    const { votes } = this._count();
    const cell = (/** @type {string | number} */ value) =>
      `"${String(value)
        .replace(/^[=+\-@\t\r]/, "'$&")
        .replace(/"/g, '""')}"`;
    const options = this._sheet?.options ?? [];
    const lines = options.map(({ text }, at) => `${cell(text)},${votes?.[at] ?? ''}`);
    return ['option,votes', ...lines, ''].join('\r\n');
  }

  /** @override @type {Widget<Poll>['_read']} */
  _read(message) {
    return readPoll(message);
  }

  /** @override */
  _total() {
    return this._count().total;
  }

  /** @override */
  _news() {
    const { total, votes } = this._count();
    const most = Math.max(...(votes ?? []));
    const leaders = this._sheet?.options.filter((_, at) => votes?.[at] === most) ?? [];
    const leads =
      this._isRevealed && total && leaders.length === 1
        ? ` ${this._say('leads', 0, leaders[0]?.text)}`
        : '';
    return `${total ? this._say('people', total) : this._say('nobody')}${leads}`;
  }

  /** @override @param {string} value */
  _thanks(value) {
    return this._say('counted', 0, this._describe(value));
  }

  /** @override @param {string} value */
  _describe(value) {
    const poll = /** @type {Poll} */ (this._sheet);
    const chosen = choicesOf(poll, value);
    const texts = poll.options
      .filter(({ index }) => chosen.includes(index))
      .map(({ text }) => text);
    return texts.join(', ') || this._say('none');
  }

  /** @override @param {string} value */
  _detail(value) {
    return { choices: choicesOf(/** @type {Poll} */ (this._sheet), value) };
  }

  /** @override */
  _submit() {
    if (!this._choice?.length || !this._isOpen) return;
    this._try(choicesOf(/** @type {Poll} */ (this._sheet), this._choice.join('_')).join('_'));
    this._choice = null;
  }

  /** @override */
  _build() {
    const poll = /** @type {Poll} */ (this._sheet);
    this._choice = null;
    this._legend.textContent = poll.title;
    this._rows = poll.options.map(({ index, text }) => this._row(index, text, poll.most > 1));
    this._list.replaceChildren(...this._rows.map(({ element }) => element));
    this._body.replaceChildren(
      h('fieldset', { part: 'poll' }, this._legend, this._hint, this._list),
      h(
        'div',
        { class: 'foot' },
        h('p', { part: 'status', class: 'status' }, this._nobody, this._status),
        this._retractButton,
        this._closeButton,
        this._voteButton,
      ),
    );
  }

  /**
   * @param {string} index
   * @param {string} text
   * @param {boolean} several
   * @returns {Row}
   */
  _row(index, text, several) {
    const input = h('input', {
      part: 'input',
      type: several ? 'checkbox' : 'radio',
      name: 'choice',
      value: index,
      onchange: () => this._onChoice(),
    });
    const tick = h('span', { part: 'tick', class: 'tick', 'aria-hidden': 'true' }, '✓');
    const note = h('span', { class: 'sr' });
    const votes = h('span', { part: 'votes', class: 'votes' });
    const percent = h('span', { part: 'percent', class: 'percent' });
    const bar = h('span', { part: 'bar', class: 'bar', 'aria-hidden': 'true' });
    const label = h(
      'label',
      {
        part: 'option',
        class: 'row',
        // The click that a key causes has no detail.
        onclick: (/** @type {MouseEvent} */ { detail }) =>
          (this._pointed = detail > 0 || this._pointed),
      },
      input,
      tick,
      h('bdi', { part: 'text', class: 'text' }, text),
      h('span', { class: 'number' }, votes, ' ', percent),
      note,
      bar,
    );
    return { index, element: h('li', {}, label), label, input, tick, note, votes, percent, bar };
  }

  /** One click votes. Keys go through the options first, and several are chosen first. */
  _onChoice() {
    const poll = /** @type {Poll} */ (this._sheet);
    this._choice = this._rows.filter(({ input }) => input.checked).map(({ index }) => index);
    const pointed = this._pointed;
    this._pointed = false;
    if (pointed && poll.most === 1 && !poll.once) this._submit();
    this._draw();
  }

  _askToClose() {
    if (this._sure) this.close().catch((error) => this._onRefused(error));
    this._sure = !this._sure;
    this._draw();
  }

  _count() {
    const poll = /** @type {Poll} */ (this._sheet);
    const source = /** @type {import('./source.js').Source} */ (this._source);
    return tally(poll, source, { key: this._key, stored: this._stored, wished: this._mine });
  }

  /** Whether as many are chosen as may be. */
  get _isAtMost() {
    const poll = /** @type {Poll} */ (this._sheet);
    return poll.most > 1 && (this._choice ?? choicesOf(poll, this._mine)).length >= poll.most;
  }

  /** @override */
  _update() {
    const poll = /** @type {Poll} */ (this._sheet);
    const { total, votes } = this._count();
    const shown = this._isRevealed ? votes : null;
    const most = Math.max(1, ...(shown ?? []));
    const mine = choicesOf(poll, this._mine);
    for (const [at, row] of this._rows.entries()) {
      const count = shown?.[at];
      this._updateInput(row, mine.includes(row.index));
      this._updateResult(row, count, (count ?? 0) / (total || 1));
      this._mark(row, mine.includes(row.index), count === most);
    }
    this._updateHint(poll);
    this._updateFoot(poll, total, mine);
    this._tellChange(poll, total, shown);
  }

  /**
   * @param {Row} row
   * @param {boolean} mine
   */
  _updateInput({ index, input, tick }, mine) {
    const open = this._isOpen;
    const checked = this._choice?.includes(index) ?? mine;
    input.hidden = !open;
    input.checked = checked;
    input.disabled = this._isAtMost && !checked;
    tick.hidden = open || !mine;
  }

  /**
   * @param {Row} row
   * @param {number | undefined} count
   * @param {number} share
   */
  _updateResult({ votes, percent, bar }, count, share) {
    const known = count !== undefined;
    setText(votes, known ? this._say('votes', count) : '');
    setText(percent, known ? this._language.percent(share) : '');
    bar.hidden = !known;
    bar.style.setProperty('--share', `${share}`);
  }

  /**
   * @param {Row} row
   * @param {boolean} mine
   * @param {boolean} leading
   */
  _mark({ label, note }, mine, leading) {
    const winner = leading && this._isClosed;
    const pending = mine && Boolean(this._answer?.wish);
    const marks = Object.entries({ mine, leading, pending, winner });
    const names = marks.flatMap(([name, is]) => (is ? [name] : []));
    label.className = ['row', ...names].join(' ');
    label.setAttribute('part', ['option', ...names].join(' '));
    const notes = [mine && !this._isOpen && this._say('mine'), winner && this._say('winner')];
    setText(note, notes.filter(Boolean).join(', '));
  }

  /** @param {Poll} poll */
  _updateHint(poll) {
    const terms = [
      poll.anonymous && this._say('anonymous'),
      poll.most > 1 && !this._isReadOnly && this._say('several', poll.most),
      poll.description,
    ].filter(Boolean);
    setText(this._badge, this._isClosed ? this._say('closed') : '');
    setText(this._terms, terms.join(' · '));
  }

  /**
   * @param {Poll} poll
   * @param {number} total
   * @param {string[]} mine
   */
  _updateFoot(poll, total, mine) {
    const closeAt = this._isClosed ? 0 : this._source?.summary.closeAt;
    const parts = [
      total > 0 && this._say('people', total),
      this._answer?.wish && this._say('sending'),
      closeAt && this._say('until', 0, this._language.time(closeAt)),
      this._isLater && this._say('later'),
    ];
    const said = parts.filter(Boolean).join(' · ');
    setText(this._status, said && !total ? ` · ${said}` : said);
    setText(this._nobody, total ? '' : this._say('nobody'));
    const isTheirs = this._isAuthor && !this._isReadOnly;
    setText(this._closeButton, isTheirs ? this._say(this._sure ? 'sure' : 'close') : '');
    this._updateButtons(poll, mine);
  }

  /**
   * @param {Poll} poll
   * @param {string[]} mine
   */
  _updateButtons(poll, mine) {
    const open = this._isOpen;
    const voted = mine.length > 0;
    const changed = this._choice !== null && this._choice.join() !== mine.join();
    setText(this._retractButton, open && voted && !changed ? this._say('retract') : '');
    this._voteButton.textContent = this._say(voted ? 'change' : 'vote');
    this._voteButton.hidden = !open || !(changed || (poll.most > 1 && !voted));
    this._voteButton.disabled = !this._choice?.length;
  }

  /**
   * Tells the page what it shows, if that is new.
   *
   * @param {Poll} poll
   * @param {number} total
   * @param {number[] | null} shown
   */
  _tellChange({ options }, total, shown) {
    const detail = {
      total,
      closed: this._isClosed,
      options: options.map(({ index, text }, at) => {
        const votes = shown?.[at] ?? null;
        return { index, text, votes, share: votes === null ? null : votes / (total || 1) };
      }),
    };
    const told = JSON.stringify(detail);
    if (told !== this._told) queueMicrotask(() => this._tell('ext-change', detail));
    this._told = told;
  }
}
