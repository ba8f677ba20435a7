import { h } from './dom.js';
import { embedLines, payloadOf, sendCommand } from './embed.js';

/** The address of a card: it names the message, and nobody. */
export const cardAddress = (kind, { ID }) => new URL(`./#${kind}/${ID}`, document.baseURI).href;

/** The card that the page's address names, as {kind, ID}, or null. */
export function namedCard(hash) {
  const [, kind, ID] = /^#(poll|chain|survey)\/([\w.=~-]+)$/.exec(hash) ?? [];
  return kind ? { kind, ID } : null;
}

const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);

/** Shows how a card is passed on: its address, a code of it, and what puts it on another page. */
export function share(kind, message) {
  const url = cardAddress(kind, message);
  const dialog = document.getElementById('share');
  const part = (name) => dialog.querySelector(`[data-part=${name}]`);
  part('address').value = url;
  part('code').src = `./qr.svg?url=${encodeURIComponent(url)}`;
  part('local').hidden = !isLocal;
  part('lines').replaceChildren(snippet('The lines', embedLines(kind, message)));
  part('more').replaceChildren(
    snippet('The payload', payloadOf(message)),
    snippet('The same by curl, from a backend', sendCommand(message)),
  );
  dialog.showModal();
}

/** A text to be copied. */
function snippet(name, text) {
  const copy = h('button', { type: 'button', class: 'quiet' }, 'Copy');
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
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select it, and copy by hand';
    }
  });
  button.addEventListener('blur', () => {
    button.textContent = label;
  });
}
