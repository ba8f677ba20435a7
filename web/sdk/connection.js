import { Backoff } from './backoff.js';
import { ChatError, CLIENT, isTransient } from './errors.js';
import { Rpc } from './rpc.js';

/**
 * @typedef {object} Options
 * @property {string} url
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {import('./rpc.js').Clock} clock
 * @property {() => number} random
 * @property {(check: () => void) => () => void} watch calls back when the machine or the network
 *   wakes up; returns its undo
 * @property {() => Promise<object>} ticket the params of the next login
 * @property {boolean} renewable the next ticket may be better than the last
 * @property {(state: 'connecting' | 'connected' | 'disconnected') => void} moved
 * @property {(session: any) => void} up logged in; called for every session
 * @property {() => void} down the session is gone, another one is being tried for
 * @property {(error: ChatError) => void} ended it is over: the hub said not to come back
 * @property {(method: string, params: any) => void} notified
 */

/** ms that a call may take, the wait for a connection included. Longer than the hub gives itself, so that its own answer comes first. */
export const CALL_MS = 15_000;
/** ms that a pong may take before the socket counts as half-open: the hub answers in turn, maybe after a slow call. */
export const PONG_MS = 15_000;
/** The same when somebody has just come back to the page and waits. */
export const WAKE_PONG_MS = 5_000;

/** A close code that means: don't come back. The range decides, so that new codes need no new SDK. */
const isFinal = (/** @type {number} */ code) => code >= 4400 && code <= 4499;
/** The UserSig has expired. Whoever can have a new one comes back with it. */
const NEEDS_TICKET = 4401;

/** One login, over as many sockets as it takes. */
export class Connection {
  #options;
  #backoff;
  /** @type {Rpc | null} the socket, once it is logged in */
  #rpc = null;
  /** @type {Rpc | null} the socket until then */
  #trying = null;
  /** @type {ChatError | null} why there will be no further attempt */
  #over = null;
  #attempting = false;
  #upSince = 0;
  #interval = 0;
  /** @type {any} the next attempt or the next ping */
  #timer;
  /** @type {Set<() => void>} calls waiting for a socket, or for the end */
  #waiting = new Set();
  #unwatch = () => {};

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  /** The first login. One attempt only: whoever waits for it wants to hear why it failed. */
  async open() {
    this.#unwatch = this.#options.watch(() => this.check());
    try {
      return await this.#attempt();
    } catch (error) {
      this.close(/** @type {ChatError} */ (error));
      throw error;
    }
  }

  /**
   * A call waits for a connection if there is none. If the connection goes while the hub has it,
   * it is rejected with 2800, because it may have been done; one that only reads is sent again.
   *
   * @param {string} method
   * @param {object | (() => object)} params a function is asked when they are sent
   * @param {{ reads?: boolean, ms?: number }} [options]
   * @returns {Promise<any>}
   */
  async call(method, params, { reads = false, ms = CALL_MS } = {}) {
    const { clock } = this.#options;
    const deadline = clock.now() + ms;
    for (;;) {
      const rpc = await this.#connected(deadline);
      try {
        return await rpc.call(
          method,
          typeof params === 'function' ? params() : params,
          Math.max(1, deadline - clock.now()),
        );
      } catch (error) {
        if (!reads || !(error instanceof ChatError) || error.code !== CLIENT.LOST) throw error;
      }
    }
  }

  /** Is the socket as alive as it looks? Asked when timers may have slept: a hidden tab, a closed lid. */
  check() {
    if (this.#rpc) void this.#beat(this.#rpc, WAKE_PONG_MS);
    else if (!this.#over && !this.#attempting) void this.#retry();
  }

  /** @param {ChatError} reason what calls that still wait are rejected with */
  close(reason) {
    if (this.#over) return;
    this.#over = reason;
    this.#unwatch();
    this.#options.clock.clearTimeout(this.#timer);
    const rpc = this.#rpc ?? this.#trying;
    this.#rpc = null;
    rpc?.drop();
    this.#wake();
    this.#options.moved('disconnected');
  }

  async #attempt() {
    const { clock, url, WebSocket, ticket, moved, up } = this.#options;
    this.#attempting = true;
    moved('connecting');
    try {
      // Before the socket: the hub gives it five seconds to log in, a ticket server may need more.
      const params = await ticket();
      if (this.#over) throw this.#over;
      const rpc = new Rpc(new WebSocket(url), clock, {
        notified: this.#options.notified,
        closed: (code) => this.#lost(rpc, code),
      });
      this.#trying = rpc;
      await rpc.opened;
      const session = await rpc.call('login', params);
      // The answer and the end may have come in one stroke.
      if (rpc.isOver)
        throw new ChatError(CLIENT.LOST, 'The connection went right after the login.');
      this.#rpc = rpc;
      this.#upSince = clock.now();
      this.#interval = session.heartbeatInterval * 1000;
      this.#timer = clock.setTimeout(() => void this.#beat(rpc), this.#interval);
      moved('connected');
      up(session);
      this.#wake();
      return session;
    } catch (error) {
      this.#trying?.drop();
      throw this.#over ?? error;
    } finally {
      this.#trying = null;
      this.#attempting = false;
    }
  }

  /**
   * @param {Rpc} rpc
   * @param {number} code
   */
  #lost(rpc, code) {
    if (this.#rpc !== rpc) return;
    const { clock, down, moved, renewable } = this.#options;
    this.#rpc = null;
    clock.clearTimeout(this.#timer);
    if (isFinal(code) && !(renewable && code === NEEDS_TICKET)) {
      return this.#end(
        new ChatError(CLIENT.LOST, `The hub closed with ${code}.`, { closeCode: code }),
      );
    }
    moved('disconnected');
    down();
    this.#later(clock.now() - this.#upSince);
  }

  /** @param {number} uptime */
  #later(uptime) {
    this.#timer = this.#options.clock.setTimeout(
      () => void this.#retry(),
      this.#backoff.next(uptime),
    );
  }

  async #retry() {
    this.#options.clock.clearTimeout(this.#timer);
    try {
      await this.#attempt();
    } catch (error) {
      if (this.#over) return;
      if (!mayComeBack(error)) return this.#end(/** @type {ChatError} */ (error));
      this.#options.moved('disconnected');
      this.#later(0);
    }
  }

  /** @param {ChatError} error */
  #end(error) {
    this.close(error);
    this.#options.ended(error);
  }

  /**
   * @param {Rpc} rpc
   * @param {number} [patience]
   */
  async #beat(rpc, patience = PONG_MS) {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    try {
      await rpc.call('ping', {}, patience);
    } catch {
      return rpc.drop();
    }
    if (this.#rpc !== rpc) return;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.#beat(rpc), this.#interval);
  }

  /** @param {number} deadline */
  async #connected(deadline) {
    const { clock } = this.#options;
    while (!this.#rpc) {
      if (this.#over) throw this.#over;
      const left = deadline - clock.now();
      if (left <= 0) throw new ChatError(CLIENT.OFFLINE, 'There is no connection to the hub.');
      await /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          const timer = clock.setTimeout(done, left);
          const waiting = this.#waiting.add(done);
          function done() {
            clock.clearTimeout(timer);
            waiting.delete(done);
            resolve();
          }
        })
      );
    }
    return this.#rpc;
  }

  #wake() {
    for (const done of [...this.#waiting]) done();
  }
}

/**
 * A refused login is final, trouble on the way to it is not; nor is a ticket server that fails.
 *
 * @param {unknown} error
 */
const mayComeBack = (error) =>
  error instanceof ChatError ? isTransient(error) && !isFinal(error.data.closeCode) : true;
