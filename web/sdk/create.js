import { Chat } from './chat.js';
import { must } from './errors.js';
import { watch } from './wake.js';

/** @type {Map<number, Chat>} */
const chats = new Map();

const clock = Object.freeze({
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) =>
    globalThis.setTimeout(run, ms),
  clearTimeout: (/** @type {any} */ timer) => globalThis.clearTimeout(timer),
  now: () => Date.now(),
});

/** @type {typeof import('./index.js').default.create} */
export function create({ SDKAppID, proxyServer, WebSocket = globalThis.WebSocket }) {
  if (typeof SDKAppID !== 'number' || Number.isNaN(SDKAppID)) return /** @type {any} */ (null);
  const known = chats.get(SDKAppID);
  if (known) return known;
  must(WebSocket, 'WebSocket must be given where there is no global one.');
  const environment = {
    url: proxyServer ?? besidePage(),
    WebSocket,
    clock,
    random: Math.random,
    watch,
  };
  const chat = new Chat(SDKAppID, environment, () => chats.delete(SDKAppID));
  chats.set(SDKAppID, chat);
  return chat;
}

/** The hub that served the page. */
function besidePage() {
  const { location } = globalThis;
  must(
    location?.host,
    'proxyServer must be the WebSocket address of the hub, where there is no page to tell it.',
  );
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}
