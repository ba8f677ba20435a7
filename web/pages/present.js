// The page at /present/: one message on a big screen. Anybody may look at it. Who has the address
// that `hub poll` printed also closes the message: behind its # there is the UserSig of the user
// who sent it.
import { element, say, shareAddress, words } from './words.js';

/**
 * @typedef {HTMLElement & {
 *   ticket: object,
 *   state: string,
 *   close(): Promise<void>,
 *   export(): string,
 * }} Widget
 */

const widget = /** @type {Widget} */ (document.querySelector('main > [message]'));
const id = /** @type {string} */ (widget.getAttribute('message'));
const hide = element('hide');
const close = element('close');
const save = element('export');
const full = element('full');

for (const name of /** @type {const} */ (['hide', 'close', 'export', 'full', 'yes', 'no']))
  element(name).textContent = words[name];
element('question').textContent = words.sure;
for (const next of document.querySelectorAll('#next')) next.textContent = words.next;

/** Where it is kept whether the results are hidden: a wall that is loaded again shows no more. */
const hiding = `exthub-hidden:${id}`;
const ticket = takeTicket();
if (ticket) widget.ticket = ticket;
invite();

/**
 * Returns who presents, or null. It is taken out of the address at once, so that nobody reads it
 * off the screen or copies it with the link, and kept until the window is closed.
 */
function takeTicket() {
  const place = `exthub-presenter:${id.split('.').slice(0, 2).join('.')}`; // good for the whole group
  let text = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  try {
    if (text) sessionStorage.setItem(place, text);
    else text = sessionStorage.getItem(place) ?? '';
  } catch {
    // A window that keeps nothing presents until it is loaded again.
  }
  const at = text.indexOf('.');
  return at > 0 ? { userID: text.slice(0, at), userSig: text.slice(at + 1) } : null;
}

function wasHidden() {
  try {
    return sessionStorage.getItem(hiding) === 'true';
  } catch {
    return false;
  }
}

/** Shows where the message is answered: as a picture for phones, and as text. */
function invite() {
  const url = shareAddress();
  const code = /** @type {HTMLImageElement} */ (element('code'));
  const address = /** @type {HTMLAnchorElement} */ (element('address'));
  address.href = url;
  address.textContent = url.replace(/^https?:\/\//, '');
  code.alt = words.scan;
  code.addEventListener('error', () => (code.hidden = true));
  code.src = `../qr.svg?url=${encodeURIComponent(url)}`;
  element('invitation').hidden = false;
}

/** @param {boolean} hidden */
function setHidden(hidden) {
  try {
    sessionStorage.setItem(hiding, String(hidden));
  } catch {
    // A window that keeps nothing begins anew when it is loaded again.
  }
  hide.setAttribute('aria-pressed', String(hidden));
  if (hidden) widget.setAttribute('results', 'after-close');
  else widget.removeAttribute('results');
}

hide.addEventListener('click', () => setHidden(hide.getAttribute('aria-pressed') === 'false'));

widget.addEventListener('ext-ready', (event) => {
  save.hidden = false;
  close.hidden = !ticket;
  const { message } = /** @type {CustomEvent} */ (event).detail;
  // What the voters don't see before the close is not for the wall either, until somebody says so.
  if (message?.extensionRules?.reveal === 'closed') setHidden(true);
});
if (wasHidden()) setHidden(true);
widget.addEventListener('ext-change', (event) => {
  if (!(/** @type {CustomEvent} */ (event).detail.closed)) return;
  close.hidden = hide.hidden = true;
});

close.addEventListener('click', () =>
  /** @type {HTMLDialogElement} */ (element('sure')).showModal(),
);
element('sure').addEventListener('close', (event) => {
  const dialog = /** @type {HTMLDialogElement} */ (event.target);
  if (dialog.returnValue !== 'close') return;
  dialog.returnValue = '';
  widget.close().catch(() => say(words.failed));
});

save.addEventListener('click', () => {
  const link = document.createElement('a');
  // The mark at the beginning tells spreadsheets that it is UTF-8.
  link.href = URL.createObjectURL(new Blob(['\ufeff', widget.export()], { type: 'text/csv' }));
  link.download = 'poll.csv';
  link.click();
  URL.revokeObjectURL(link.href);
});

full.hidden = !document.fullscreenEnabled;
full.addEventListener('click', () => {
  const done = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen();
  done.catch(() => say(words.failed));
});
