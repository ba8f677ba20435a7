/**
 * Calls back when the page is shown or the machine is online again: timers may have slept, and
 * sockets may be dead without a close event. Returns what undoes it.
 * Without a page it does nothing.
 *
 * @param {() => void} callback
 */
export function onWake(callback) {
  const { document, window } = globalThis;
  if (!document || !window) return () => {};
  const shown = () => {
    if (document.visibilityState === 'visible') callback();
  };
  document.addEventListener('visibilitychange', shown);
  window.addEventListener('online', callback);
  return () => {
    document.removeEventListener('visibilitychange', shown);
    window.removeEventListener('online', callback);
  };
}
