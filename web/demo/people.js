// Who people are. A name is what they are called, in any script; a userID is who they are to the
// hub, which knows printable ASCII. So two people of one name stay two.

import { h } from './dom.js';
import { plain, say } from './words.js';

const NAMES = [
  'Ada',
  'Bo',
  'Chen',
  'Dana',
  'Emre',
  'Fay',
  'Goran',
  'Hana',
  'Ines',
  'Juno',
  'Kofi',
  'Lin',
  'Mira',
  'Noor',
  'Omar',
  'Pia',
];

/** The most characters of a name. */
const MOST = 40;

/** A random name. It has a number, so that two windows can be told apart. */
export function suggestName() {
  const name = NAMES[Math.floor(Math.random() * NAMES.length)];
  return `${name} ${100 + Math.floor(Math.random() * 900)}`;
}

const draw = (kind) => `${kind}-${Math.random().toString(36).slice(2, 12)}`;

/** A userID for somebody who gives no name. */
export const newVisitor = () => draw('visitor');

/** Somebody of this name, whom nobody has met: {userID, name}. */
export const newPerson = (name) => ({ userID: draw('person'), name: cleanName(name) });

/** A name on one line, without what would turn its neighbours around. */
export const cleanName = (name) =>
  plain(name)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();

/** What is wrong with a name, or "". */
export function nameProblem(name) {
  const clean = cleanName(name);
  if (!isVisible(clean)) return say('noName');
  return [...clean].length > MOST ? say('longName', MOST) : '';
}

/** Whether there is anything to see of a text. */
export const isVisible = (text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text);

/** Makes a small round picture of a person: an initial on a colour, the same in every window. */
export function avatar(userID, name) {
  const [initial = ''] = cleanName(name);
  const dot = h('span', { class: 'avatar', 'aria-hidden': 'true' }, initial.toUpperCase());
  let hue = 0;
  for (const letter of userID) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  dot.style.setProperty('--hue', hue);
  return dot;
}
