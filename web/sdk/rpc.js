import { ChatError, CLIENT } from './errors.js';
import { decode, encode, isNotification } from './frames.js';

/**
 * @typedef {object} Clock
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} now in milliseconds
 *
 * @typedef {{ resolve: (result: any) => void, reject: (error: Error) => void, timer: any }} Pending
 *
 * @typedef {object} Listener
 * @property {(method: string, params: any) => void} onNotification
 * @property {(code: number) => void} onClose
 */

/** Milliseconds that a socket may take to open, and then to log in. */
const LOGIN_MS = 10_000;
/** The ID of the call that stands for the opening of the socket. */
const OPEN_ID = 0;

/**
 * Rpc makes calls over one socket. Every call settles: with the answer, with 2801 when its time is
 * up, or with 2800 when the socket closes first. After the last two it is not known whether the hub
 * carried it out.
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
    // A close event follows every error, and says more.
    socket.onerror = () => {};
  }

  /** Whether the socket is closed, so that no answer will come. */
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

  /** Closes at once, without waiting for the closing handshake, which a dead socket never ends. */
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
            `No answer within ${ms} ms; it is not known whether it was done.`,
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
    `The connection was lost${reason && ` (${reason})`}; it is not known whether it was done.`,
    {
      closeCode,
    },
  );
