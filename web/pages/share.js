// The page at /p/: one message to answer and watch, and a way to pass it on.
import { element, say, shareAddress, words } from './words.js';

const button = /** @type {HTMLButtonElement} */ (element('share'));
button.textContent = words.share;
button.hidden = !navigator.share && !navigator.clipboard;

button.addEventListener('click', () => {
  share().catch((error) => {
    // AbortError: the visitor has closed the sheet.
    if (error.name !== 'AbortError') say(words.failed);
  });
});

/** Hands the address to the system, or else to the clipboard. */
async function share() {
  const url = shareAddress();
  if (navigator.share) return navigator.share({ title: document.title, url });
  await navigator.clipboard.writeText(url);
  say(words.copied);
}
