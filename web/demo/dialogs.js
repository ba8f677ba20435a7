// The dialogs of the room, as elements: what they do is in compose.js and share.js.

import { h } from './dom.js';
import { copyOnClick } from './share.js';
import { phrase, say } from './words.js';

const MAX_TEXT = 120;
const MAX_LONG = 1000;

/** The dialogs: to make a card of each kind, and to pass one on. */
export const dialogs = () => [
  maker('poll', [
    ...field('poll-title', say('question'), title(say('lunch'))),
    h(
      'fieldset',
      { class: 'choices' },
      h('legend', {}, say('options')),
      h('ol', { id: 'options' }),
      quiet('add-option', say('addOption')),
    ),
    tick('multiple', say('several')),
    tick('anonymous', say('anonymous')),
    h(
      'div',
      { class: 'pair' },
      h('label', {}, say('results'), choice('results', ['after-vote', 'always', 'after-close'])),
      h('label', {}, say('closes'), choice('closes', ['', '1', '10', '60', '1440'])),
    ),
  ]),
  maker('chain', [
    ...field('chain-title', say('cardTitle'), title(say('picnic'))),
    ...field(
      'chain-description',
      say('about'),
      h(
        'textarea',
        { name: 'description', rows: 3, maxlength: MAX_LONG, dir: 'auto' },
        say('meadow'),
      ),
    ),
  ]),
  maker('survey', [
    ...field('survey-title', say('cardTitle'), title(say('trip'))),
    h('ol', { id: 'questions', class: 'questions' }),
    quiet('add-question', say('addQuestion')),
  ]),
  sharing(),
];

/** The fields of one question of a survey. */
export const question = () =>
  h(
    'li',
    {},
    h('input', { ...text('text'), 'aria-label': say('question') }),
    h(
      'div',
      { class: 'line' },
      choice('type', ['choice', 'scale', 'text'], { 'aria-label': say('answerKind') }),
      h('button', { type: 'button', class: 'quiet', 'data-remove': true }, say('remove')),
    ),
    h('textarea', {
      class: 'options',
      name: 'options',
      rows: 3,
      maxlength: MAX_LONG,
      dir: 'auto',
      'aria-label': say('optionLines'),
    }),
  );

/** A dialog with a form that makes a card. */
const maker = (kind, fields) =>
  h(
    'dialog',
    { id: `new-${kind}`, 'aria-labelledby': `new-${kind}-title` },
    h(
      'form',
      { class: 'sheet' },
      h('h2', { id: `new-${kind}-title` }, say(`new_${kind}`)),
      ...fields,
      h('p', { class: 'problem', role: 'alert' }),
      h(
        'div',
        { class: 'line' },
        h('button', { type: 'button', class: 'quiet', 'data-close': true }, say('cancel')),
        h('button', { type: 'submit', class: 'primary' }, say(`create_${kind}`)),
      ),
    ),
  );

/** A field under its label. */
function field(id, label, input) {
  input.id = id;
  return [h('label', { for: id }, label), input];
}

const text = (name) => ({
  name,
  required: true,
  maxlength: MAX_TEXT,
  autocomplete: 'off',
  dir: 'auto',
});

const title = (value) => h('input', { ...text('title'), value });

const tick = (name, label) =>
  h('label', { class: 'check' }, h('input', { type: 'checkbox', name }), ' ', label);

const quiet = (id, words) => h('button', { id, type: 'button', class: 'quiet' }, words);

/** What can be chosen, the first of which is chosen. */
const choice = (name, values, more = { 'data-once': true }) =>
  h(
    'select',
    { name, ...more },
    ...values.map((value) => h('option', { value }, say(`${name}_${value}`))),
  );

/** The dialog by which a card is passed on. */
function sharing() {
  const address = h('input', {
    id: 'share-address',
    'data-part': 'address',
    'aria-label': say('address'),
    readonly: true,
    dir: 'ltr',
  });
  const copy = h('button', { id: 'share-copy', type: 'button', class: 'primary' }, say('copy'));
  copyOnClick(copy, () => address.value);
  const done = quiet('share-close', say('done'));
  done.addEventListener('click', () => dialog.close());
  const code = { 'data-part': 'code', class: 'qr', alt: say('code'), width: 200, height: 200 };
  const dialog = h(
    'dialog',
    { id: 'share', 'aria-labelledby': 'share-title' },
    h(
      'div',
      { class: 'sheet' },
      h('h2', { id: 'share-title' }, say('passOn')),
      h('div', { class: 'entry' }, address, copy),
      h('img', code),
      h('p', { class: 'hint' }, say('nobody')),
      h('p', { 'data-part': 'local', class: 'hint' }, ...phrase('local', commands)),
      h('h3', {}, say('embed')),
      h('div', { 'data-part': 'lines' }),
      h('p', { class: 'hint' }, ...phrase('guests', commands)),
      h('details', {}, h('summary', {}, say('payloadAndCurl')), h('div', { 'data-part': 'more' })),
      h('div', { class: 'line' }, done),
    ),
  );
  return dialog;
}

const typed = (words) => h('code', { dir: 'ltr' }, words);

/** What is typed in a terminal, by its name in a phrase. */
const commands = {
  get lan() {
    return typed('hub --lan');
  },
  get poll() {
    return typed('hub poll');
  },
  get guests() {
    return typed('--guests');
  },
  get origin() {
    return typed('--allowed-origin');
  },
};
