import { NOTE } from './aggregate.js';
import { h, newID, write } from './dom.js';
import { room, tooLong } from './limits.js';

/**
 * The chain's note: one pair that everybody may edit, so the one where people meet. An edit remembers the note that it
 * started from; if another one comes meanwhile the person sees it before saving over it. What comes too late to be seen
 * is the hub's to refuse, with the same words.
 */
export function note({ set, remove }) {
  const shown = h('p', { class: 'text' });
  const edit = h('button', { type: 'button', class: 'quiet', click: () => start() }, 'Edit note');
  const input = h('input', {
    id: newID('note'),
    name: 'note',
    autocomplete: 'off',
    maxlength: 1000,
    placeholder: 'A note for everybody',
    input: () => check(),
  });
  const hint = h('p', { class: 'hint', role: 'status' });
  const save = h('button', { class: 'primary' }, 'Save');
  const form = h(
    'form',
    { class: 'entry', hidden: true, submit: (event) => finish(event) },
    h('label', { for: input.id, class: 'unseen' }, 'Note for everybody'),
    input,
    save,
    h('button', { type: 'button', class: 'quiet', click: () => stop() }, 'Cancel'),
    hint,
  );
  form.addEventListener('keydown', (event) => event.key === 'Escape' && stop());
  let now = '';
  let base = '';

  const start = () => {
    base = now;
    input.value = now;
    form.hidden = false;
    view.hidden = true;
    check();
    input.focus();
  };
  const stop = () => {
    form.hidden = true;
    view.hidden = false;
    edit.focus();
  };
  const check = () => {
    const changed = now !== base;
    write(
      hint,
      changed ? `Changed meanwhile, now it is ${now ? `“${now}”` : 'gone'}.` : room(input.value),
    );
    write(save, changed ? 'Save mine anyway' : 'Save');
    save.disabled = tooLong(input.value);
  };
  const finish = async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === now) return stop();
    const done = text ? set(NOTE, text) : remove(NOTE);
    if (await done) stop();
  };

  const view = h('div', { class: 'line' }, shown, edit);
  return {
    element: h('div', { class: 'note' }, view, form),
    render(pairs) {
      now = pairs.get(NOTE) ?? '';
      write(shown, now || 'No note yet. Anybody may write one.');
      shown.classList.toggle('empty', now === '');
      check();
    },
  };
}
