import { attribute, count, h } from './dom.js';
import { crowd } from './people.js';

/**
 * The inside of one answer's row: its text over a bar as long as its share, who gave it, and the numbers. The row itself
 * (a button in a poll, a label in a survey) is the caller's, and says the same in words.
 */
export function bar(label) {
  const fill = h('span', { class: 'fill' });
  const people = h('span', { class: 'crowd' });
  const number = h('span', { class: 'number' });
  const percent = h('span', { class: 'percent' });
  const parts = [
    fill,
    h('span', { class: 'mark', 'aria-hidden': 'true' }),
    h('span', { class: 'label' }, label),
    people,
    number,
    percent,
  ];

  /** Moves the bar. `people` may be left out where only numbers are told. */
  const show = (total, share, userIDs = []) => {
    fill.style.setProperty('--share', share);
    count(number, total);
    count(percent, Math.round(share * 100), (value) => `${value} %`);
    crowd(people, userIDs);
  };
  return { parts, show };
}

/** What a row says to those who do not see it. */
export function describe(row, label, total, share, noun) {
  attribute(
    row,
    'aria-label',
    `${label}: ${total} ${noun}${total === 1 ? '' : 's'}, ${Math.round(share * 100)} %`,
  );
}
