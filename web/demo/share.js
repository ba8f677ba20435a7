import { cardAddress } from './address.js';
import { h } from './dom.js';
import { embedLines, payloadOf, sendCommand } from './embed.js';
import { say } from './words.js';

const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);

/** Shows how a card is passed on: its address, a code of it, and what puts it on another page. */
export function share(kind, message) {
  const url = cardAddress(kind, message);
  const dialog = document.getElementById('share');
  const part = (name) => dialog.querySelector(`[data-part=${name}]`);
  part('address').value = url;
  part('code').src = `./qr.svg?url=${encodeURIComponent(url)}`;
  part('local').hidden = !isLocal;
  part('lines').replaceChildren(snippet(say('lines'), embedLines(kind, message)));
  part('more').replaceChildren(
    snippet(say('payload'), payloadOf(message)),
    snippet(say('curl'), sendCommand(message)),
  );
  dialog.showModal();
}

/** A text to be copied. */
function snippet(name, text) {
  const copy = h('button', { type: 'button', class: 'quiet' }, say('copy'));
  copyOnClick(copy, () => text);
  return h(
    'figure',
    { class: 'snippet' },
    h('figcaption', {}, name, copy),
    h('pre', { dir: 'ltr', tabindex: 0, role: 'region', 'aria-label': name }, text),
  );
}

/** Lets a button copy a text, and say so. */
export function copyOnClick(button, text) {
  const label = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = say('copied');
    } catch {
      button.textContent = say('copyFailed');
    }
  });
  button.addEventListener('blur', () => {
    button.textContent = label;
  });
}
