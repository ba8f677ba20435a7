import { h } from './dom.js';
import { say } from './words.js';

const KINDS = ['poll', 'chain', 'survey'];

/** What stands above the cards: what makes one, and what opens a window for somebody new. */
export const desk = (address, lab) =>
  h('div', { id: 'desk', class: 'desk' }, makers(), second(address), lab);

/** A button for each kind, which compose.js connects. */
function makers() {
  const buttons = KINDS.map((kind) =>
    h(
      'button',
      { type: 'button', class: `maker ${kind}`, 'data-new': kind },
      h('strong', {}, say(kind)),
      h('span', {}, say(`${kind}Hint`)),
    ),
  );
  return h('div', { class: 'makers', role: 'group', 'aria-label': say('makers') }, ...buttons);
}

/** Opens a window beside this one, where that is possible: two tabs can't be watched at once. */
function second(href) {
  const click = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const half = Math.floor(screen.availWidth / 2);
    const size = `width=${half},height=${screen.availHeight},left=${half},top=0`;
    open(href, '_blank', `popup,noopener,${size}`);
  };
  const link = { id: 'second', href, target: '_blank', rel: 'noopener', click };
  return h('p', { class: 'second' }, h('a', link, say('second')));
}
