import { assert } from './errors.js';
import { serverAddress } from './server.js';
import { onWake } from './wake.js';

/**
 * @typedef {object} Environment the outside world; tests bring their own
 * @property {string} url
 * @property {new (url: string) => import('./index.js').Socket} WebSocket
 * @property {import('./rpc.js').Clock} clock
 * @property {() => number} random
 * @property {(check: () => void, drop: () => void) => () => void} onWake
 * @property {(run: () => void) => void} later runs it in a task of its own
 */

const clock = Object.freeze({
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) =>
    globalThis.setTimeout(run, ms),
  clearTimeout: (/** @type {any} */ timer) => globalThis.clearTimeout(timer),
  now: () => globalThis.performance.now(),
  time: () => Date.now(),
});

/**
 * Returns the browser's environment, or that of another program.
 *
 * @param {{ proxyServer?: string, WebSocket?: Environment['WebSocket'] }} options
 * @returns {Environment}
 */
export const environmentOf = ({ proxyServer, WebSocket }) =>
  environmentAt(() => serverAddress(proxyServer), WebSocket);

/**
 * The same for a hub whose address is known.
 *
 * @param {() => string} address asked for by login: a server that renders a page makes a chat too,
 *   but has neither that nor sockets
 * @param {Environment['WebSocket']} [WebSocket]
 * @returns {Environment}
 */
export const environmentAt = (address, WebSocket = globalThis.WebSocket) => ({
  get url() {
    return address();
  },
  get WebSocket() {
    assert(WebSocket, 'WebSocket must be given where there is no global one.');
    return WebSocket;
  },
  clock,
  random: Math.random,
  onWake,
  later: (run) => void globalThis.setTimeout(run, 0),
});
