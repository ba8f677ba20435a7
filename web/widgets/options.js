import { h, setText } from './dom.js';

/**
 * @typedef {import('./sheet.js').Option} Option
 *
 * @typedef {object} Row
 * @property {string} index
 * @property {HTMLElement} label
 * @property {HTMLInputElement} input
 * @property {HTMLElement} tick
 * @property {HTMLElement} note
 * @property {HTMLElement} votes
 * @property {HTMLElement} percent
 * @property {HTMLElement} bar
 *
 * @typedef {object} View what options show
 * @property {boolean} open whether one may choose
 * @property {string[]} mine what this user chose
 * @property {number[] | null} votes null while they are hidden
 * @property {number} total how many people answered
 * @property {boolean} pending
 * @property {boolean} closed
 * @property {ReturnType<typeof import('./words.js').speaker>} language
 */

/** Options are a list of radio buttons or checkboxes, which are also the bars of the result. */
export class Options {
  element = h('ul', {
    part: 'options',
    class: 'rows',
    role: 'list',
    // A click on what is chosen already changes nothing, and says nothing of the key behind it.
    onkeydown: () => (this._pointed = false),
  });
  /** @type {string[] | null} what is chosen and not sent */
  choice = null;

  /** @type {Row[]} */
  _rows;
  _most;
  /** Whether the last choice was made by pointing, not by the keys that go through the options. */
  _pointed = false;

  /**
   * @param {Option[]} options
   * @param {number} most how many may be chosen
   * @param {string} name of the question
   * @param {(pointed: boolean) => void} onChoice
   */
  constructor(options, most, name, onChoice) {
    this._most = most;
    const choose = () => {
      const checked = this._rows.filter(({ input }) => input.checked);
      this.choice = checked.map(({ index }) => index);
      const pointed = this._pointed;
      this._pointed = false;
      onChoice(pointed);
    };
    this._rows = options.map((option) => this._row(option, name, choose));
    this.element.append(...this._rows.map(({ label }) => h('li', {}, label)));
  }

  /** @param {View} view */
  update(view) {
    const most = Math.max(1, ...(view.votes ?? []));
    this._rows.forEach((row, at) => {
      const count = view.votes?.[at];
      this._updateInput(row, view);
      this._updateResult(row, count, view);
      this._mark(row, count === most, view);
    });
  }

  /**
   * @param {Option} option
   * @param {string} name
   * @param {() => void} onchange
   * @returns {Row}
   */
  _row({ index, text }, name, onchange) {
    const type = this._most > 1 ? 'checkbox' : 'radio';
    const input = h('input', { part: 'input', type, name, value: index, onchange });
    const tick = h('span', { part: 'tick', class: 'tick', 'aria-hidden': 'true' }, '✓');
    const note = h('span', { class: 'sr' });
    const votes = h('span', { part: 'votes', class: 'votes' });
    const percent = h('span', { part: 'percent', class: 'percent' });
    const bar = h('span', { part: 'bar', class: 'bar', 'aria-hidden': 'true' });
    // The click that a key causes has no detail.
    const onclick = (/** @type {MouseEvent} */ { detail }) => (this._pointed ||= detail > 0);
    const label = h(
      'label',
      { onclick },
      input,
      tick,
      h('bdi', { part: 'text', class: 'text' }, text),
      h('span', { class: 'number' }, votes, ' ', percent),
      note,
      bar,
    );
    return { index, label, input, tick, note, votes, percent, bar };
  }

  /**
   * @param {Row} row
   * @param {View} view
   */
  _updateInput({ index, input, tick }, { open, mine }) {
    const chosen = this.choice ?? mine;
    input.hidden = !open;
    input.checked = chosen.includes(index);
    input.disabled = this._most > 1 && chosen.length >= this._most && !input.checked;
    tick.hidden = open || !mine.includes(index);
  }

  /**
   * @param {Row} row
   * @param {number | undefined} count
   * @param {View} view
   */
  _updateResult({ votes, percent, bar }, count, { total, language }) {
    const known = count !== undefined;
    const share = (count ?? 0) / (total || 1);
    setText(votes, known ? language.say('votes', count) : '');
    setText(percent, known ? language.percent(share) : '');
    bar.hidden = !known;
    bar.style.setProperty('--share', `${share}`);
  }

  /**
   * @param {Row} row
   * @param {boolean} leading
   * @param {View} view
   */
  _mark(
    { index, label, note },
    leading,
    { mine: chosen, pending: sending, closed, open, language },
  ) {
    const mine = chosen.includes(index);
    const winner = leading && closed;
    const marks = Object.entries({ mine, leading, pending: mine && sending, winner });
    const names = marks.flatMap(([name, is]) => (is ? [name] : []));
    label.className = ['row', ...names].join(' ');
    label.setAttribute('part', ['option', ...names].join(' '));
    const notes = [mine && !open && language.say('mine'), winner && language.say('winner')];
    setText(note, notes.filter(Boolean).join(', '));
  }
}
