import { nextNumber, parseEntry, sortEntries } from './aggregate.js';
import { announce, h, newID, setChildren, setText } from './dom.js';
import { lengthHint, tooLong } from './limits.js';
import { note } from './note.js';
import { avatar, displayName } from './people.js';

/** Draws a chain: numbered entries, one per person. Mine can be added, changed and taken out. */
export function chain(content, { me, set, remove }) {
  const shared = note({ set, remove });
  const list = h('ol', { class: 'entries', 'aria-label': 'Entries' });
  const nobody = h('p', { class: 'empty' }, 'Nobody yet. Be number one.');
  const input = h('input', {
    id: newID('entry'),
    name: 'entry',
    autocomplete: 'off',
    required: true,
    maxlength: 1000,
    placeholder: 'My entry',
    input: () => validate(),
  });
  const join = h('button', { class: 'primary' });
  const leave = h(
    'button',
    { type: 'button', class: 'quiet', click: () => remove(me, format) },
    'Take me out',
  );
  const hint = h('p', { class: 'hint', role: 'status' });
  const status = h('p', { class: 'status', role: 'status' });
  const items = new Map();
  let pairs = new Map();

  const format = (value) => parseEntry(value).text;
  /** My entry as it would be written. An edit keeps the number, and with it the place. */
  const value = () => {
    const own = pairs.has(me) ? parseEntry(pairs.get(me)).number : Infinity;
    return JSON.stringify({
      n: Number.isFinite(own) ? own : nextNumber(pairs),
      text: input.value.trim(),
    });
  };
  const validate = () => {
    setText(hint, lengthHint(value()));
    join.disabled = tooLong(value());
  };
  const submit = async (event) => {
    event.preventDefault();
    if (input.value.trim()) await set(me, value(), format);
  };
  const item = ({ userID, text }) => {
    if (!items.has(userID)) {
      const words = h('bdi', { class: 'text' });
      const name = h('strong', {}, h('bdi', {}, displayName(userID, me)));
      items.set(userID, {
        words,
        element: h(
          'li',
          { class: userID === me ? 'mine' : '' },
          avatar(userID),
          h('span', {}, name, ' ', words),
        ),
      });
    }
    const { words, element } = items.get(userID);
    setText(words, text);
    return element;
  };

  return {
    element: h(
      'div',
      { class: 'body' },
      content.description ? h('p', { class: 'description' }, content.description) : '',
      shared.element,
      list,
      nobody,
      h(
        'form',
        { class: 'entry', submit },
        h('label', { for: input.id, class: 'visually-hidden' }, 'My entry'),
        input,
        join,
        hint,
      ),
      h('div', { class: 'line' }, status, leave),
    ),
    render(now) {
      const before = pairs.has(me) ? format(pairs.get(me)) : '';
      pairs = now;
      const own = pairs.has(me) ? format(pairs.get(me)) : '';
      // Never over what is being typed.
      if (input.value === before || own !== before) input.value = own;
      const entries = sortEntries(pairs);
      for (const userID of items.keys()) if (!pairs.has(userID)) items.delete(userID);
      setChildren(list, entries.map(item));
      shared.render(pairs);
      nobody.hidden = entries.length > 0;
      leave.hidden = !pairs.has(me);
      setText(join, pairs.has(me) ? 'Change mine' : 'Join');
      announce(status, entries.length === 1 ? '1 person is in' : `${entries.length} people are in`);
      validate();
    },
  };
}
