import { ChatError, CLIENT } from './errors.js';
import { decode, encode, isNotification } from './frames.js';

/**
 * @typedef {{ setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void, now: () => number }} Clock
 * @typedef {{ resolve: (result: any) => void, reject: (error: Error) => void, timer: any }} Pending
 * @typedef {{ notified: (method: string, params: any) => void, closed: (code: number) => void }} Owner
 */

/** ms that a socket may take to open, and then to log in. */
const OPENING_MS = 10_000;
/** The opening of the socket is waited for like a call, under a number of its own. */
const OPENING = 0;

/**
 * Calls over one socket, from its first byte to its last. Every call settles: with the answer,
 * with 2801 when its time is up, or with 2800 when the socket goes first; in the last two cases
 * nobody knows whether the hub has done it.
 */
export class Rpc {
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #nextID = OPENING;
  #over = false;
  #socket;
  #clock;
  #owner;

  /** Resolves when the socket is open. */
  opened;

  /**
   * @param {WebSocket} socket
   * @param {Clock} clock
   * @param {Owner} owner
   */
  constructor(socket, clock, owner) {
    this.#socket = socket;
    this.#clock = clock;
    this.#owner = owner;
    this.opened = this.#settle(() => {});
    socket.onopen = () => this.#answer({ id: OPENING, result: {} });
    socket.onmessage = ({ data }) => this.#read(data);
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
    // The close event that always follows an error says more.
    socket.onerror = () => {};
  }

  /** The socket is gone: nothing will be answered any more. */
  get isOver() {
    return this.#over;
  }

  /**
   * @param {string} method
   * @param {object} params
   * @param {number} [ms]
   */
  call(method, params, ms) {
    return this.#settle((id) => this.#socket.send(encode(id, method, params)), ms);
  }

  /** Lets go of the socket at once: a half-open one would keep its own closing handshake waiting. */
  drop() {
    this.#socket.close();
    this.#end(1000, '');
  }

  /**
   * @param {(id: number) => void} send
   * @param {number} [ms]
   * @returns {Promise<any>}
   */
  #settle(send, ms = OPENING_MS) {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(lost(1006, ''));
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
  #read(data) {
    let items;
    try {
      items = decode(data);
    } catch (error) {
      console.error(error);
      return this.drop();
    }
    for (const item of items) {
      if (isNotification(item)) this.#owner.notified(item.method, item.params);
      else this.#answer(item);
    }
  }

  /** @param {import('./frames.js').Response} response */
  #answer({ id, result, error }) {
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
  #end(code, reason) {
    if (this.#over) return;
    this.#over = true;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    for (const { reject, timer } of this.#pending.values()) {
      this.#clock.clearTimeout(timer);
      reject(lost(code, reason));
    }
    this.#pending.clear();
    this.#owner.closed(code);
  }
}

/**
 * @param {number} closeCode
 * @param {string} reason
 */
const lost = (closeCode, reason) =>
  new ChatError(
    CLIENT.LOST,
    `The connection went${reason && ` (${reason})`}; whether it was done is not known.`,
    {
      closeCode,
    },
  );
