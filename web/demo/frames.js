import { h } from './dom.js';
import { watch } from './line.js';
import { say } from './words.js';

/** The most frames that are kept. */
const MAX_FRAMES = 60;
const ARROWS = { sent: '→', received: '←' };

/**
 * Shows in a list every frame of this page's line, the newest first: what it asks, tells or
 * answers, and the Seq of what it is about. One click shows all of it.
 */
export function showFrames(list) {
  list.dataset.empty = say('noFrames');
  /** The methods of requests that wait for their answer. */
  const asked = new Map();
  watch(({ way, line, text }) => {
    const frame = JSON.parse(text);
    for (const one of Array.isArray(frame) ? frame : [frame]) {
      const place = `${line} ${one.id}`;
      const method = one.method ?? asked.get(place) ?? say('answer');
      if (way === 'sent') asked.set(place, method);
      else asked.delete(place);
      if (method === 'ping') continue; // says that somebody is there, and no more
      list.prepend(item(way, one, method));
    }
    while (list.children.length > MAX_FRAMES) list.lastElementChild.remove();
  });
}

function item(way, frame, method) {
  const facts = factsOf(frame);
  const name = frame.method ? method : `${method}: ${say(frame.error ? 'refused' : 'answer')}`;
  const tag = (look, text) => h('span', { class: look }, text);
  return h(
    'li',
    { class: way },
    h(
      'details',
      {},
      h(
        'summary',
        {},
        h('span', { class: 'way', 'aria-hidden': 'true' }, ARROWS[way]),
        h('span', { class: 'visually-hidden' }, `${say(way)} `),
        h('b', {}, name),
        ...facts.codes.map((code) => tag('code', `${code}`)),
        facts.seqs.length ? tag('seq', `Seq ${facts.seqs.join(', ')}`) : '',
      ),
      h('pre', { dir: 'ltr' }, JSON.stringify(frame, secretless, 1)),
    ),
  );
}

/** Shows no UserSig: who reads it off a screen would be who it is of. */
const secretless = (key, value) => (key === 'userSig' ? '…' : value);

const MAX_SEQS = 3;

/** The Seqs in a frame, and its codes that are not 0. */
function factsOf(frame) {
  const seqs = new Set();
  const codes = new Set();
  JSON.stringify(frame, (key, value) => {
    if (/^(seq|latestSeq|closedSeq)$/.test(key)) seqs.add(value);
    if (key === 'code' && value !== 0) codes.add(value);
    return value;
  });
  return { seqs: [...seqs].slice(0, MAX_SEQS), codes: [...codes] };
}
