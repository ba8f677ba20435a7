import { assert } from './errors.js';

/** Milliseconds that a hub has to show that it is there. */
const ANSWER_MS = 2_000;

/**
 * Returns the WebSocket address of the hub. What the app named may leave out the path, which is
 * /ws, and may be the address of the hub's pages.
 *
 * @param {unknown} named
 */
export function serverAddress(named) {
  if (named === undefined || named === null) return defaultServer();
  const url = parse(named);
  assert(
    url && /^(ws|http)s?:$/.test(url.protocol),
    'proxyServer must be the address of the hub, such as wss://hub.example/ws.',
  );
  return toWebSocket(url.pathname === '/' ? new URL('/ws', url) : url);
}

/**
 * The hub that this script came from; where the script is the app's own, the hub that served the
 * page. A hub has it packed: as this file it comes from the app's node_modules, unpacked.
 */
function defaultServer() {
  const script = parse(import.meta.url);
  if (
    script &&
    /^https?:$/.test(script.protocol) &&
    /\/sdk\/(index|exthub)/.test(script.pathname)
  ) {
    return toWebSocket(new URL('../ws', script));
  }
  const { location } = globalThis;
  assert(
    location?.host,
    'proxyServer must be the WebSocket address of the hub, where there is no page to tell it.',
  );
  return toWebSocket(new URL('/ws', location.href));
}

/** @param {unknown} text */
function parse(text) {
  try {
    return new URL(String(text));
  } catch {
    return null;
  }
}

/** @param {URL} url */
export const toWebSocket = (url) => url.href.replace(/^http/, 'ws');

/**
 * Says why no connection came about. Browsers keep that from scripts: a hub that is not there and
 * one that refuses the page's origin look the same. So the hub is asked for its SDK, which it gives
 * to every page.
 *
 * @param {string} server the WebSocket address
 */
export async function explainUnreachable(server) {
  const tried = `The hub could not be reached at ${server}.`;
  const { location, fetch } = globalThis;
  const url = new URL(server.replace(/^ws/, 'http'));
  if (!location?.origin || url.origin === location.origin || !fetch) return tried;
  const answer = fetch(new URL('sdk/index.js', url), { method: 'HEAD' }).then(
    () => true,
    () => false,
  );
  const timeout = new Promise((resolve) => setTimeout(resolve, ANSWER_MS, false));
  if (!(await Promise.race([answer, timeout]))) return tried;
  return (
    `${tried} It is there, but takes no connections from pages of ${location.origin}: ` +
    `start it with --allowed-origin ${location.origin}`
  );
}
