/**
 * Calls back when the page comes to the front or the machine to the network: the moments at which
 * timers have been slept through and sockets are dead without knowing it. Returns its undo. Outside
 * of a page there is nothing to watch.
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
