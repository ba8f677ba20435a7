import { ChatError, CLIENT } from './errors.js';
import { decode, encode, isNotification } from './frames.js';

/**
 * @typedef {{ setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void, now: () => number }} Clock
 * @typedef {{ resolve: (result: any) => void, reject: (error: Error) => void, timer: any }} Pending
 * @typedef {{ onNotification: (method: string, params: any) => void, onClose: (code: number) => void }} Listener
 */

/** ms that a socket may take to open, and then to log in. */
const LOGIN_MS = 10_000;
/** The opening of the socket is waited for like a call, under a number of its own. */
const OPEN_ID = 0;

/**
 * Calls over one socket, from its first byte to its last. Every call settles: with the answer,
 * with 2801 when its time is up, or with 2800 when the socket goes first; in the last two cases
 * nobody knows whether the hub has done it.
 */
export class Rpc {
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #nextID = OPEN_ID;
  #closed = false;
  #socket;
  #clock;
  #listener;

  /** Resolves when the socket is open. */
  opened;

  /**
   * @param {WebSocket} socket
   * @param {Clock} clock
   * @param {Listener} listener
   */
  constructor(socket, clock, listener) {
    this.#socket = socket;
    this.#clock = clock;
    this.#listener = listener;
    this.opened = this.#request(() => {});
    socket.onopen = () => this.#onResponse({ id: OPEN_ID, result: {} });
    socket.onmessage = ({ data }) => this.#onMessage(data);
    socket.onclose = ({ code, reason }) => this.#onClose(code, reason);
    // The close event that always follows an error says more.
    socket.onerror = () => {};
  }

  /** The socket is gone: nothing will be answered any more. */
  get isClosed() {
    return this.#closed;
  }

  /**
   * @param {string} method
   * @param {object} params
   * @param {number} [ms]
   */
  call(method, params, ms) {
    return this.#request((id) => this.#socket.send(encode(id, method, params)), ms);
  }

  /** Lets go of the socket at once: a half-open one would keep its own closing handshake waiting. */
  close() {
    this.#socket.close();
    this.#onClose(1000, '');
  }

  /**
   * @param {(id: number) => void} send
   * @param {number} [ms]
   * @returns {Promise<any>}
   */
  #request(send, ms = LOGIN_MS) {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(lostError(1006, ''));
      const id = this.#nextID++;
      const timer = this.#clock.setTimeout(() => {
        this.#pending.delete(id);
        reject(
          new ChatError(
            CLIENT.TIMEOUT,
            `No answer within ${ms} ms; whether it was done is not known.`,
          ),
        );
      }, ms);
      this.#pending.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  /** @param {unknown} data */
  #onMessage(data) {
    let items;
    try {
      items = decode(data);
    } catch (error) {
      console.error(error);
      return this.close();
    }
    for (const item of items) {
      if (isNotification(item)) this.#listener.onNotification(item.method, item.params);
      else this.#onResponse(item);
    }
  }

  /** @param {import('./frames.js').Response} response */
  #onResponse({ id, result, error }) {
    const call = this.#pending.get(id);
    if (!call) return;
    this.#pending.delete(id);
    this.#clock.clearTimeout(call.timer);
    if (error) call.reject(new ChatError(error.code, error.message, error.data ?? {}));
    else call.resolve(result);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #onClose(code, reason) {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    for (const { reject, timer } of this.#pending.values()) {
      this.#clock.clearTimeout(timer);
      reject(lostError(code, reason));
    }
    this.#pending.clear();
    this.#listener.onClose(code);
  }
}

/**
 * @param {number} closeCode
 * @param {string} reason
 */
const lostError = (closeCode, reason) =>
  new ChatError(
    CLIENT.LOST,
    `The connection went${reason && ` (${reason})`}; whether it was done is not known.`,
    {
      closeCode,
    },
  );
