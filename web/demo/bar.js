import { animateNumber, h, setAttribute } from './dom.js';
import { showAvatars } from './people.js';

/**
 * Makes the inside of an answer's row: its text over a bar as long as its share, who gave it, and
 * the numbers. The row itself is the caller's: a button in a poll, a label in a survey.
 */
export function bar(label) {
  const fill = h('span', { class: 'fill' });
  const avatars = h('span', { class: 'avatars' });
  const number = h('span', { class: 'number' });
  const percent = h('span', { class: 'percent' });
  const parts = [
    fill,
    h('span', { class: 'mark', 'aria-hidden': 'true' }),
    h('bdi', { class: 'label' }, label),
    avatars,
    number,
    percent,
  ];

  /** Shows a result. Without userIDs it has numbers only. */
  const show = (total, share, userIDs = []) => {
    fill.style.setProperty('--share', share);
    animateNumber(number, total);
    animateNumber(percent, Math.round(share * 100), (value) => `${value} %`);
    showAvatars(avatars, userIDs);
  };
  return { parts, show };
}

/** Gives a row its result in words, for screen readers. */
export function labelRow(row, label, total, share, noun) {
  setAttribute(
    row,
    'aria-label',
    `${label}: ${total} ${noun}${total === 1 ? '' : 's'}, ${Math.round(share * 100)} %`,
  );
}
