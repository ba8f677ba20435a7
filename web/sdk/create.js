import { Chat } from './chat.js';
import { assert, isObject } from './errors.js';
import { serverAddress } from './server.js';
import { onWake } from './wake.js';

/**
 * @typedef {object} Environment the outside world; tests bring their own
 * @property {string} url
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {import('./rpc.js').Clock} clock
 * @property {() => number} random
 * @property {(check: () => void, drop: () => void) => () => void} onWake
 * @property {(run: () => void) => void} later runs it in a task of its own
 *
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 */

/** @type {Map<number, ChatSDK>} */
const chats = new Map();

const clock = Object.freeze({
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) =>
    globalThis.setTimeout(run, ms),
  clearTimeout: (/** @type {any} */ timer) => globalThis.clearTimeout(timer),
  now: () => globalThis.performance.now(),
  time: () => Date.now(),
});

/** @type {typeof import('./index.js').default.create} */
export function create(options) {
  assert(isObject(options), 'create takes an object: { SDKAppID, proxyServer? }.');
  const { SDKAppID, proxyServer, WebSocket = globalThis.WebSocket } = options;
  if (typeof SDKAppID !== 'number' || Number.isNaN(SDKAppID)) return /** @type {any} */ (null);
  const existing = chats.get(SDKAppID);
  if (existing) return existing;
  if (proxyServer !== undefined) serverAddress(proxyServer); // says at once what is wrong with it
  const environment = {
    // Asked for by login: a server that renders a page makes a chat too, but has neither.
    get url() {
      return serverAddress(proxyServer);
    },
    get WebSocket() {
      assert(WebSocket, 'WebSocket must be given where there is no global one.');
      return WebSocket;
    },
    clock,
    random: Math.random,
    onWake,
    later: (/** @type {() => void} */ run) => void globalThis.setTimeout(run, 0),
  };
  const made = new Chat(SDKAppID, environment, () => {
    if (chats.get(SDKAppID) === chat) chats.delete(SDKAppID);
  });
  const chat = /** @type {ChatSDK} */ (/** @type {unknown} */ (made));
  chats.set(SDKAppID, chat);
  return chat;
}
