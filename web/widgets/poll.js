import { csv, h, setText } from './dom.js';
import { Options } from './options.js';
import { choicesOf, readPoll, tally } from './sheet.js';
import { Widget } from './widget.js';

/** @typedef {import('./sheet.js').Poll} Poll */

/**
 * A live poll: one vote a person, for one option or several.
 *
 * @extends {Widget<Poll>}
 */
export class ExtPoll extends Widget {
  _options = new Options([], 1, '', () => {});
  _fieldset = h('fieldset', { part: 'fieldset', class: 'whole' }, this._legend, this._hint);

  /** @param {(string | number)[]} choices */
  async vote(...choices) {
    this._need();
    const poll = /** @type {Poll} */ (this._sheet);
    const chosen = choicesOf(poll, choices.join('_'));
    if (!chosen.length || chosen.length !== choices.length) {
      const known = poll.options.map(({ index }) => index).join();
      throw new RangeError(`choices: 1 to ${poll.most} of ${known}`);
    }
    await this._write(chosen.join('_'));
  }

  export() {
    this._need();
    const { votes } = this._count();
    const options = this._sheet?.options ?? [];
    return csv([
      ['option', 'votes'],
      ...options.map(({ text }, at) => [text, `${votes?.[at] ?? ''}`]),
    ]);
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
    const people = total ? this._say('people', total) : this._say('nobody');
    if (!this._isRevealed || !total || leaders.length !== 1) return people;
    return `${people} ${this._say('leads', 0, leaders[0]?.text)}`;
  }

  /** @override @param {string} value */
  _thanks(value) {
    return this._say('counted', 0, this._describe(value));
  }

  /** @override @param {string} value */
  _describe(value) {
    const poll = /** @type {Poll} */ (this._sheet);
    const chosen = choicesOf(poll, value);
    const options = poll.options.filter(({ index }) => chosen.includes(index));
    return options.map(({ text }) => text).join(', ') || this._say('none');
  }

  /** @override @param {string} value */
  _detail(value) {
    return { choices: choicesOf(/** @type {Poll} */ (this._sheet), value) };
  }

  /** @override */
  _submit() {
    const { choice } = this._options;
    if (!choice?.length || !this._isOpen) return;
    this._options.choice = null;
    this._try(choicesOf(/** @type {Poll} */ (this._sheet), choice.join('_')).join('_'));
  }

  /** @override */
  _build() {
    const { options, most, once } = /** @type {Poll} */ (this._sheet);
    // One click votes. Keys go through the options first, and several are chosen first.
    this._options = new Options(options, most, 'choice', (pointed) => {
      if (pointed && most === 1 && !once) this._submit();
      this._draw();
    });
    this._fieldset.replaceChildren(this._legend, this._hint, this._options.element);
    this._body.replaceChildren(this._fieldset, this._foot);
  }

  /** @returns {import('./sheet.js').Tally} */
  _count() {
    const poll = /** @type {Poll} */ (this._sheet);
    const source = /** @type {import('./source.js').Source} */ (this._source);
    const mine = { key: this._key, stored: this._stored, wished: this._mine };
    return (this._counted ??= tally(poll, source, mine));
  }

  /** @override */
  _update() {
    const poll = /** @type {Poll} */ (this._sheet);
    const { total, votes } = this._count();
    const shown = this._isRevealed ? votes : null;
    const mine = choicesOf(poll, this._mine);
    this._options.update({
      open: this._isOpen,
      mine,
      votes: shown,
      total,
      pending: Boolean(this._answer?.wish),
      closed: this._isClosed,
      language: this._language,
    });
    this._updateHint(poll.most > 1 && !this._isReadOnly && this._say('several', poll.most));
    this._updateStatus(total, 'people', 'nobody');
    const { choice } = this._options;
    const changed = choice !== null && choice.join() !== mine.join();
    const waits = changed || (poll.most > 1 && !mine.length);
    setText(
      this._sendButton,
      waits && this._isOpen ? this._say(mine.length ? 'change' : 'vote') : '',
    );
    this._sendButton.disabled = !choice?.length;
    setText(
      this._retractButton,
      this._isOpen && mine.length && !changed ? this._say('retract') : '',
    );
    const options = poll.options.map(({ index, text }, at) => {
      const count = shown?.[at] ?? null;
      return { index, text, votes: count, share: count === null ? null : count / (total || 1) };
    });
    this._tellChange({ total, closed: this._isClosed, options });
  }
}
