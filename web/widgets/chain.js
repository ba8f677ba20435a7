import { csv, h, setText } from './dom.js';
import { byteLength } from './long.js';
import { entriesOf, readChain, readEntry } from './sheet.js';
import { Widget } from './widget.js';
import { addWords, plain } from './words.js';

/** @typedef {import('./sheet.js').Chain} Chain */

addWords({
  en: {
    entry: 'My entry',
    join: 'Add me',
    edit: 'Change mine',
    leave: 'Take me out',
    inside: { one: '{n} person is in', other: '{n} people are in' },
    first: 'Nobody yet. Be number one.',
    added: 'You are in: {x}.',
  },
  zh: {
    entry: '我的接龙',
    join: '加入',
    edit: '修改',
    leave: '退出接龙',
    inside: '{n} 人已加入',
    first: '还没有人，来当第一个吧。',
    added: '已加入：{x}',
  },
});

/**
 * A chain: a list to which everybody adds one entry, which keeps its place when it is changed.
 *
 * @extends {Widget<Chain>}
 */
export class ExtChain extends Widget {
  /** Whether what is typed differs from what the hub has because the user typed it. */
  _typed = false;
  /** The entries that the list shows. */
  _listed = '';
  _list = h('ol', { part: 'entries', class: 'entries' });
  _input = h('input', {
    part: 'field',
    class: 'field',
    autocomplete: 'off',
    dir: 'auto',
    oninput: () => {
      this._typed = true;
      this._draw();
    },
  });
  _word = h('span', { class: 'label' });
  _label = h('label', {}, this._word, this._input);
  _hintLong = h('p', { part: 'hint', class: 'hint' });

  /** @param {string} text */
  async vote(text) {
    this._need();
    await this._write(this._value(String(text).trim()));
  }

  export() {
    const entries = this._named(this._need().pairs);
    return csv([['entry', 'by'], ...entries.map(({ text, name }) => [text, name])]);
  }

  /** @override */
  get _key() {
    return this._source?.chat.getLoginUser() ?? '';
  }

  /** @override */
  get _isRevealed() {
    return true;
  }

  /** @override @type {Widget<Chain>['_read']} */
  _read(message) {
    return readChain(message);
  }

  /** @override */
  _total() {
    return this._entries().length;
  }

  /** @override */
  _news() {
    const total = this._total();
    return total ? this._say('inside', total) : this._say('first');
  }

  /** @override @param {string} value */
  _thanks(value) {
    return this._say('added', 0, this._describe(value));
  }

  /** @override @param {string} value */
  _describe(value) {
    return value ? readEntry(value).text : this._say('none');
  }

  /** @override @param {string} value */
  _detail(value) {
    return { text: value && readEntry(value).text };
  }

  /** @override */
  _build() {
    this._list.replaceChildren();
    this._listed = '';
    this._typed = false;
    this._body.replaceChildren(
      h(
        'fieldset',
        { part: 'fieldset', class: 'whole' },
        this._legend,
        this._hint,
        this._list,
        this._label,
        this._hintLong,
      ),
      this._foot,
    );
  }

  /** @override */
  _submit() {
    const text = this._input.value.trim();
    if (!text || !this._isOpen || this._excess(text) > 0) return;
    this._typed = false;
    this._try(this._value(text));
  }

  /** @override @param {string} value */
  _giveBack(value) {
    if (this._typed) return; // on something newer
    this._typed = true;
    this._input.value = readEntry(value).text;
    this._draw();
  }

  /** @override */
  _update() {
    const mine = this._mine;
    const open = this._isOpen;
    const entries = this._entries();
    if (!this._typed) this._input.value = mine ? readEntry(mine).text : '';
    const text = this._input.value.trim();
    const excess = this._excess(text);
    this._updateHint('');
    this._updateStatus(entries.length, 'inside', 'first');
    this._updateList(entries);
    this._label.hidden = !open;
    setText(this._word, this._say('entry'));
    setText(this._hintLong, excess > 0 ? this._say('long', excess) : '');
    setText(this._sendButton, open ? this._say(mine ? 'edit' : 'join') : '');
    this._sendButton.disabled = !text || excess > 0 || !this._typed;
    setText(this._retractButton, open && mine ? this._say('leave') : '');
    this._tellChange({
      total: entries.length,
      closed: this._isClosed,
      entries: entries.map(({ name, text: written }) => ({ name, text: written })),
    });
  }

  /**
   * All entries, with this user's as it shall be.
   *
   * @returns {ReturnType<typeof entriesOf>}
   */
  _entries() {
    if (this._counted) return this._counted;
    const pairs = new Map(this._source?.pairs);
    const wish = this._answer?.wish;
    if (wish?.value) pairs.set(this._key, wish.value);
    else if (wish) pairs.delete(this._key);
    return (this._counted = this._named(pairs));
  }

  /**
   * The entries of pairs, with the names that the page has for those who wrote them.
   *
   * @param {Map<string, string>} pairs
   */
  _named(pairs) {
    return entriesOf(pairs).map((entry) => ({
      ...entry,
      name: (entry.name && this._names?.(entry.name)) || entry.name,
    }));
  }

  /**
   * The value of an entry: a changed one keeps its number, and with it its place.
   *
   * @param {string} text
   */
  _value(text) {
    const own = this._mine ? readEntry(this._mine).number : Infinity;
    const numbers = this._entries().map(({ number }) => number);
    const next = Math.max(0, ...numbers.filter(Number.isFinite)) + 1;
    return JSON.stringify({ n: Number.isFinite(own) ? own : next, text });
  }

  /**
   * By how many bytes a text is too long.
   *
   * @param {string} text
   */
  _excess(text) {
    return byteLength(this._value(text)) - (this._sheet?.bytes ?? 0);
  }

  /** @param {ReturnType<typeof entriesOf>} entries */
  _updateList(entries) {
    const items = entries.map(({ key, name, text }) => {
      const mine = key === this._key;
      const part = `entry${mine ? ' mine' : ''}`;
      const by = name ? [' ', h('bdi', { part: 'name', class: 'votes' }, plain(name))] : [];
      return h('li', { part, class: mine ? 'mine' : '' }, h('bdi', { part: 'text' }, text), ...by);
    });
    // Written anew only if it differs, so that nobody's selection is lost.
    const text = JSON.stringify(entries);
    if (this._listed !== text) this._list.replaceChildren(...items);
    this._listed = text;
  }
}
