/**
 * Watches the page and the network, and returns what ends that. Without a page it does nothing.
 *
 * When the page is shown again, thawed or back from the browser's cache, or when the machine is
 * online, check is called: timers may have slept, and sockets may be dead without a close event.
 * When the machine is offline, or the page goes into the cache, where no socket may be open, drop
 * is called.
 *
 * @param {() => void} check
 * @param {() => void} drop
 */
export function onWake(check, drop) {
  const { document, window } = globalThis;
  if (!document || !window) return () => {};
  const shown = () => {
    if (document.visibilityState === 'visible') check();
  };
  const cached = (/** @type {any} */ { type, persisted }) => {
    if (persisted && type === 'pagehide') drop();
    else if (persisted) check();
  };
  /** @type {[EventTarget, string, (event: any) => void][]} */
  const listeners = [
    [document, 'visibilitychange', shown],
    [document, 'resume', check],
    [window, 'online', check],
    [window, 'offline', drop],
    [window, 'pageshow', cached],
    [window, 'pagehide', cached],
  ];
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
  };
}
