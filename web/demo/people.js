import { h } from './dom.js';

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

/**
 * A random name. It has a number, because a name is who one is to the hub: of names alone, five
 * windows would have had two that were one person in every second room.
 */
export function suggestName() {
  const name = NAMES[Math.floor(Math.random() * NAMES.length)];
  return `${name}-${100 + Math.floor(Math.random() * 900)}`;
}

/** A name for somebody who gives none. */
export const newVisitor = () => `visitor-${Math.random().toString(36).slice(2, 12)}`;

/** What is wrong with a name, or "". The hub takes more: any printable ASCII. */
export function nameProblem(name) {
  if (name === '') return 'Please type a name.';
  if (name.length > 32) return 'A name has at most 32 characters.';
  return /^[A-Za-z0-9_-]+$/.test(name) ? '' : 'A name has only letters A to Z, digits, - and _.';
}

/** Makes a small round picture of a person: an initial on a colour, the same in every window. */
export function avatar(userID) {
  const dot = h(
    'span',
    { class: 'avatar', 'aria-hidden': 'true', title: userID },
    userID.slice(0, 1).toUpperCase(),
  );
  let hue = 0;
  for (const letter of userID) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  dot.style.setProperty('--hue', hue);
  return dot;
}

/** "you" for oneself, else the name. */
export const displayName = (userID, me) => (userID === me ? 'you' : userID);
