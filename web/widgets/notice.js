import { button, h } from './dom.js';

/**
 * @typedef {[part: string, label: string, act: () => void]} Choice
 * @typedef {[text: string, ...choices: Choice[]]} Words
 */

/** Notice is a sentence below a widget, with buttons for what one may do about it. */
export class Notice {
  element = h('div', { part: 'notice', class: 'notice' });
  _shown = '';

  /**
   * Shows it. Returns whether it is another one than before, which is when buttons lose the focus.
   *
   * @param {string} state of the widget
   * @param {Words} words nothing is shown of an empty text
   */
  show(state, [text, ...choices]) {
    this.element.hidden = !text;
    this.element.className = `notice ${state}`;
    const content = [text, ...choices.map(([, label]) => label)].join('\n');
    if (this._shown === content) return false;
    this._shown = content;
    const buttons = choices.map(([part, label, act]) => button(part, label, act));
    this.element.replaceChildren(h('p', {}, text), ...buttons);
    return text !== '';
  }
}

// Codes of the hub.
const BAD_PARAMETER = 10004;
const NOT_ALLOWED = 10007;
const CLOSED = 23005;
const TOO_MANY_PAIRS = 23007;

/**
 * The word for why an answer was refused. That there is no room has no code of its own.
 *
 * @param {number} code
 * @param {string} message
 */
export function refusalOf(code, message) {
  if (code === CLOSED) return 'late';
  if (code === NOT_ALLOWED) return 'refused';
  const full = code === TOO_MANY_PAIRS || (code === BAD_PARAMETER && /may hold/.test(message));
  return full ? 'fullNow' : 'failed';
}
