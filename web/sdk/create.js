import { Chat } from './chat.js';
import { assert } from './errors.js';
import { onWake } from './wake.js';

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
  const existing = chats.get(SDKAppID);
  if (existing) return existing;
  assert(WebSocket, 'WebSocket must be given where there is no global one.');
  const environment = {
    url: proxyServer ?? defaultServer(),
    WebSocket,
    clock,
    random: Math.random,
    onWake,
  };
  const chat = new Chat(SDKAppID, environment, () => chats.delete(SDKAppID));
  chats.set(SDKAppID, chat);
  return chat;
}

/** The WebSocket address of the hub that served the page. */
function defaultServer() {
  const { location } = globalThis;
  assert(
    location?.host,
    'proxyServer must be the WebSocket address of the hub, where there is no page to tell it.',
  );
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}
