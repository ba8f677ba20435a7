import * as CLIENT from './clientcodes.js';
import { ChatError } from './errors.js';
import { decode, encode, isNotification } from './frames.js';

/**
 * @typedef {object} Clock
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} now steady milliseconds, whatever is done to the time of day
 * @property {() => number} time the time of day in milliseconds, which may be wrong and may jump
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
  _pending = new Map();
  _nextID = OPEN_ID;
  _closed = false;
  _socket;
  _clock;
  _listener;

  /** Resolves when the socket is open. */
  opened;

  /**
   * @param {import('./index.js').Socket} socket
   * @param {Clock} clock
   * @param {Listener} listener
   */
  constructor(socket, clock, listener) {
    this._socket = socket;
    this._clock = clock;
    this._listener = listener;
    this.opened = this._request(() => {});
    socket.onopen = () => this._onResponse({ id: OPEN_ID, result: {} });
    socket.onmessage = ({ data }) => this._onMessage(data);
    socket.onclose = ({ code, reason }) => this._onClose(code, reason);
    // A close event follows every error, and says more.
    socket.onerror = () => {};
  }

  /** Whether the socket is closed, so that no answer will come. */
  get isClosed() {
    return this._closed;
  }

  /**
   * @param {string} method
   * @param {object} params
   * @param {number} [ms]
   */
  call(method, params, ms) {
    return this._request((id) => this._socket.send(encode(id, method, params)), ms);
  }

  /** Closes at once, without waiting for the closing handshake, which a dead socket never ends. */
  close() {
    this._socket.close();
    this._onClose(1000, '');
  }

  /**
   * @param {(id: number) => void} send
   * @param {number} [ms]
   * @returns {Promise<any>}
   */
  _request(send, ms = LOGIN_MS) {
    return new Promise((resolve, reject) => {
      if (this._closed) return reject(lostError(1006, ''));
      const id = this._nextID++;
      const timer = this._clock.setTimeout(() => {
        this._pending.delete(id);
        reject(
          new ChatError(
            CLIENT.TIMEOUT,
            `No answer within ${ms} ms; it is not known whether it was done.`,
          ),
        );
      }, ms);
      this._pending.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  /** @param {unknown} data */
  _onMessage(data) {
    try {
      for (const item of decode(data)) {
        if (isNotification(item)) this._listener.onNotification(item.method, item.params);
        else this._onResponse(item);
      }
    } catch (error) {
      // What was not dealt with is read anew on the next connection.
      console.error(error);
      this.close();
    }
  }

  /** @param {import('./frames.js').Response} response */
  _onResponse({ id, result, error }) {
    const call = this._pending.get(id);
    if (!call) return;
    this._pending.delete(id);
    this._clock.clearTimeout(call.timer);
    if (error) call.reject(new ChatError(error.code, error.message, error.data));
    else call.resolve(result);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  _onClose(code, reason) {
    if (this._closed) return;
    this._closed = true;
    this._socket.onopen = this._socket.onmessage = this._socket.onclose = null;
    for (const { reject, timer } of this._pending.values()) {
      this._clock.clearTimeout(timer);
      reject(lostError(code, reason));
    }
    this._pending.clear();
    this._listener.onClose(code);
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
