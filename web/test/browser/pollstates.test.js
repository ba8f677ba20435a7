// Every state of the poll, as states.js shows it.
import { test } from 'node:test';
import { Gallery, pollData, rulesOf } from './gallery.js';
import { LANGS, showStates } from './states.js';

const TEXTS = {
  en: [
    'Where shall we eat on Friday?',
    ['Noodles', 'Pizza at the corner', 'Something with rice and vegetables'],
  ],
  zh: ['星期五去哪里吃饭？', ['面条', '街角的比萨店', '米饭和蔬菜']],
  ar: ['أين نأكل يوم الجمعة؟', ['نودلز', 'بيتزا في الزاوية', 'أرز مع الخضار']],
};

/** Makes a poll in each state, for people whose names are those of the states. */
async function polls(gallery, lang) {
  const { ann } = gallery;
  const [title, options] = TEXTS[lang];
  const data = pollData(title, options);
  const to = await gallery.group();
  const send = (more, rules) => gallery.send({ ...data, ...more }, rules, to);
  const votes = async (message, ...values) => {
    const pairs = values.map((value, at) => ({ key: `voter${at}_0`, value }));
    if (pairs.length) await ann.setMessageExtensions(message, pairs);
    return message;
  };
  const closed = await votes(
    await send({ description: 'Friday at noon' }),
    '1',
    '2',
    '2',
    '1',
    '2',
  );
  await ann.setMessageExtensions(closed, [{ key: 'closed', value: '1' }]);
  const full = await send({}, rulesOf(3, { rules: { max: 1 } }));
  await ann.setMessageExtensions(full, [{ key: 'ann', value: '1' }]);
  const several = { config: { allow_multi_vote: true } };
  const messages = {
    loading: await send(),
    empty: await send(),
    open: await votes(await send(), '1', '2'),
    pending: await votes(await send(), '1', '2', '2'),
    voted: await votes(await send(), ...Array.from({ length: 20 }, (_, at) => `${(at % 3) + 1}`)),
    conflict: await votes(await send(), '1', '2'),
    offline: await votes(await send(), '1', '2'),
    busy: await send({}, rulesOf(3)),
    closed,
    full,
    denied: await gallery.send(data, undefined, await gallery.group('Private')),
    unsupported: await send({ businessID: 'another' }),
    error: { ID: `g.${to}.99999` },
    several: await send(
      several,
      rulesOf(3, { choose: 2, rules: { anonymous: true, closeAt: 4_000_000_000 } }),
    ),
    author: await votes(await send(), '1', '3'),
    present: await votes(await send(), '1', '2', '2'),
  };
  return messages;
}

const POLL = {
  name: 'poll',
  answer: ['2'],
  theirs: { key: 'conflict_0', value: '1' },
  busy: ['1', '2'],
};

test('every state of the poll', { timeout: 300_000 }, async (t) => {
  const gallery = await Gallery.open(t);
  for (const lang of LANGS) {
    const messages = await polls(gallery, lang);
    const others = { several: 'empty', author: 'open', present: 'open' };
    await showStates(t, gallery, POLL, lang, messages, others);
  }
});
