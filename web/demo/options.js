import { h, setAttribute } from './dom.js';
import { say } from './words.js';

/** The fewest and the most options of a poll, as the hub has it. */
const FEWEST = 2;
const MOST = 100;

/**
 * Makes a list of fields for the options of a poll. One adds an option by the button or by Enter,
 * pastes several, a line each, moves them by dragging or by their buttons, and takes them out. The
 * fields have the name 'option', in their order.
 */
export function editOptions(list, addButton, texts) {
  /** Says the numbers anew, and what can be done. */
  const update = () => {
    const items = [...list.children];
    items.forEach((item, at) => {
      const [up, down, out] = item.querySelectorAll('button');
      setAttribute(item.querySelector('input'), 'aria-label', say('option', at + 1));
      setAttribute(up, 'aria-label', say('up', at + 1));
      setAttribute(down, 'aria-label', say('down', at + 1));
      setAttribute(out, 'aria-label', say('out', at + 1));
      up.disabled = at === 0;
      down.disabled = at === items.length - 1;
      out.disabled = items.length <= FEWEST;
    });
    addButton.disabled = items.length >= MOST;
  };
  const insert = (text, before = null) => {
    if (list.children.length >= MOST) return null;
    const item = newItem(text);
    list.insertBefore(item, before);
    update();
    return item.querySelector('input');
  };

  function newItem(text) {
    const input = h('input', {
      name: 'option',
      maxlength: 120,
      autocomplete: 'off',
      dir: 'auto',
      value: text,
      keydown: (event) => onKey(event, item),
      paste: (event) => onPaste(event, item),
    });
    const tool = (sign, act) =>
      h('button', { type: 'button', class: 'tool', 'data-sign': sign, click: act });
    const up = tool('↑', () => move(item, item.previousElementSibling, up));
    const down = tool('↓', () => move(item, item.nextElementSibling?.nextElementSibling, down));
    const out = tool('×', () => {
      const next = item.nextElementSibling ?? item.previousElementSibling;
      item.remove();
      update();
      next.querySelector('input').focus();
    });
    const grip = h('span', {
      class: 'grip',
      'aria-hidden': 'true',
      title: say('drag'),
      pointerdown: (event) => drag(event, item),
    });
    const item = h('li', {}, grip, input, up, down, out);
    return item;
  }

  /** The button keeps the focus, unless it can't be pressed again. */
  function move(item, before, button) {
    list.insertBefore(item, before ?? null);
    update();
    (button.disabled ? item.querySelector('button:not(:disabled)') : button).focus();
  }

  /** Enter goes to the next option, a new one behind the last. */
  function onKey(event, item) {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    const next = item.nextElementSibling?.querySelector('input') ?? insert('');
    next?.focus();
  }

  function onPaste(event, item) {
    const lines = splitLines(event.clipboardData.getData('text'));
    if (lines.length < 2) return;
    event.preventDefault();
    const [first, ...others] = lines;
    event.target.value = first;
    const before = item.nextElementSibling;
    for (const line of others) insert(line, before);
  }

  /** Lets the option follow the pointer. The list has the capture: what is moved would lose it. */
  function drag(event, item) {
    event.preventDefault();
    list.setPointerCapture(event.pointerId);
    item.classList.add('dragged');
    const follow = ({ clientY }) => {
      const others = [...list.children].filter((other) => other !== item);
      const next = others.find((other) => {
        const { top, height } = other.getBoundingClientRect();
        return clientY < top + height / 2;
      });
      if (item.nextElementSibling !== (next ?? null)) list.insertBefore(item, next ?? null);
    };
    const drop = () => {
      list.removeEventListener('pointermove', follow);
      item.classList.remove('dragged');
      update();
    };
    list.addEventListener('pointermove', follow);
    list.addEventListener('lostpointercapture', drop, { once: true });
  }

  for (const text of texts) insert(text);
  addButton.addEventListener('click', () => insert('')?.focus());
}

/** The lines of a text that have something on them. */
export const splitLines = (text) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
