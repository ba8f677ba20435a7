import { NOTE } from './aggregate.js';
import { h, newID, setText } from './dom.js';
import { lengthHint, tooLong } from './limits.js';

/**
 * Draws the chain's note, one pair that everybody may edit, so the one where edits collide. An
 * edit remembers the note that it started from: if a new one comes meanwhile, the person sees it
 * before overwriting it. If it comes too late for that, the hub refuses the edit, and the card
 * says the same.
 */
export function note({ set, remove }) {
  const shown = h('p', { class: 'text' });
  const edit = h('button', { type: 'button', class: 'quiet', click: () => open() }, 'Edit note');
  const input = h('input', {
    id: newID('note'),
    name: 'note',
    autocomplete: 'off',
    maxlength: 1000,
    placeholder: 'A note for everybody',
    input: () => validate(),
  });
  const hint = h('p', { class: 'hint', role: 'status' });
  const save = h('button', { class: 'primary' }, 'Save');
  const form = h(
    'form',
    { class: 'entry', hidden: true, submit: (event) => submit(event) },
    h('label', { for: input.id, class: 'visually-hidden' }, 'Note for everybody'),
    input,
    save,
    h('button', { type: 'button', class: 'quiet', click: () => close() }, 'Cancel'),
    hint,
  );
  form.addEventListener('keydown', (event) => event.key === 'Escape' && close());
  let current = '';
  let base = '';

  const open = () => {
    base = current;
    input.value = current;
    form.hidden = false;
    view.hidden = true;
    validate();
    input.focus();
  };
  const close = () => {
    form.hidden = true;
    view.hidden = false;
    edit.focus();
  };
  const validate = () => {
    const changed = current !== base;
    setText(
      hint,
      changed
        ? `Changed meanwhile, now it is ${current ? `“${current}”` : 'gone'}.`
        : lengthHint(input.value),
    );
    setText(save, changed ? 'Save mine anyway' : 'Save');
    save.disabled = tooLong(input.value);
  };
  const submit = async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === current) return close();
    const done = text ? set(NOTE, text) : remove(NOTE);
    if (await done) close();
  };

  const view = h('div', { class: 'line' }, shown, edit);
  return {
    element: h('div', { class: 'note' }, view, form),
    render(pairs) {
      current = pairs.get(NOTE) ?? '';
      setText(shown, current || 'No note yet. Anybody may write one.');
      shown.classList.toggle('empty', current === '');
      validate();
    },
  };
}
