import { Backoff } from './backoff.js';
import { ChatError, CLIENT, isTransient } from './errors.js';
import { Rpc } from './rpc.js';

/**
 * @typedef {object} Options
 * @property {string} url
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {import('./rpc.js').Clock} clock
 * @property {() => number} random
 * @property {(check: () => void) => () => void} onWake see wake.js
 * @property {() => Promise<object>} loginParams gives the params of the next login
 * @property {boolean} renewable whether the next UserSig may be better than the last
 * @property {(state: 'connecting' | 'connected' | 'disconnected') => void} onState
 * @property {(session: any) => void} onLogin gets the answer to every login
 * @property {() => void} onDisconnect the connection is lost, attempts to replace it follow
 * @property {(error: ChatError) => void} onEnd the hub wants no further attempt
 * @property {(method: string, params: any) => void} onNotification
 */

/** Milliseconds that a call may take. The hub gives itself less, so that its answer comes first. */
export const CALL_MS = 15_000;
/** Milliseconds that a pong may take. The hub answers in order, so a slow call may delay it. */
export const PONG_MS = 15_000;
/** PONG_MS for somebody who has just come back to the page and waits. */
export const WAKE_PONG_MS = 5_000;

/** Whether a close code forbids to come back. The range decides, so new codes need no new SDK. */
const isFinal = (/** @type {number} */ code) => code >= 4400 && code <= 4499;
/** The close code for an expired UserSig. A session that can get a new one comes back with it. */
const CLOSE_SIG_EXPIRED = 4401;

/** Connection keeps one login alive, over as many sockets as it takes. */
export class Connection {
  #options;
  #backoff;
  /** @type {Rpc | null} the socket, once it is logged in */
  #rpc = null;
  /** @type {Rpc | null} the socket that is logging in */
  #connecting = null;
  /** @type {ChatError | null} why there is no further attempt */
  #endReason = null;
  #attempting = false;
  #connectedAt = 0;
  #heartbeatMs = 0;
  /** @type {any} the timer of the next attempt or ping */
  #timer;
  /** @type {Set<() => void>} calls that wait for a login, or for the end */
  #waiters = new Set();
  #stopWaking = () => {};

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  /** Logs in for the first time. It tries once, because the app wants to know why it failed. */
  async connect() {
    this.#stopWaking = this.#options.onWake(() => this.checkAlive());
    try {
      return await this.#attempt();
    } catch (error) {
      this.close(/** @type {ChatError} */ (error));
      throw error;
    }
  }

  /**
   * Calls the hub, and waits for a connection if there is none.
   *
   * If the connection is lost before the answer, the call may have been carried out: it rejects
   * with 2800. With retry, for calls that only read, it is sent again.
   *
   * @param {string} method
   * @param {object | (() => object)} params a function is called when they are sent
   * @param {{ retry?: boolean, ms?: number }} [options]
   * @returns {Promise<any>}
   */
  async call(method, params, { retry = false, ms = CALL_MS } = {}) {
    const { clock } = this.#options;
    const deadline = clock.now() + ms;
    for (;;) {
      const rpc = await this.#waitConnected(deadline);
      try {
        return await rpc.call(
          method,
          typeof params === 'function' ? params() : params,
          Math.max(1, deadline - clock.now()),
        );
      } catch (error) {
        if (!retry || !(error instanceof ChatError) || error.code !== CLIENT.LOST) throw error;
      }
    }
  }

  /** Pings the socket, or connects at once. Timers may have slept: a hidden tab, a closed lid. */
  checkAlive() {
    if (this.#rpc) void this.#ping(this.#rpc, WAKE_PONG_MS);
    else if (!this.#endReason && !this.#attempting) void this.#retry();
  }

  /** @param {ChatError} reason what waiting calls are rejected with */
  close(reason) {
    if (this.#endReason) return;
    this.#endReason = reason;
    this.#stopWaking();
    this.#options.clock.clearTimeout(this.#timer);
    const rpc = this.#rpc ?? this.#connecting;
    this.#rpc = null;
    rpc?.close();
    this.#notifyWaiters();
    this.#options.onState('disconnected');
  }

  async #attempt() {
    const { clock, url, WebSocket, loginParams, onState, onLogin } = this.#options;
    this.#attempting = true;
    onState('connecting');
    try {
      // Before the socket, which has five seconds to log in: the app's backend may need longer.
      const params = await loginParams();
      if (this.#endReason) throw this.#endReason;
      const rpc = new Rpc(new WebSocket(url), clock, {
        onNotification: this.#options.onNotification,
        onClose: (code) => this.#onClose(rpc, code),
      });
      this.#connecting = rpc;
      await rpc.opened;
      const session = await rpc.call('login', params);
      // The answer and the close may have come together.
      if (rpc.isClosed)
        throw new ChatError(CLIENT.LOST, 'The connection was lost right after the login.');
      this.#rpc = rpc;
      this.#connectedAt = clock.now();
      this.#heartbeatMs = session.heartbeatInterval * 1000;
      this.#timer = clock.setTimeout(() => void this.#ping(rpc), this.#heartbeatMs);
      onState('connected');
      onLogin(session);
      this.#notifyWaiters();
      return session;
    } catch (error) {
      this.#connecting?.close();
      throw this.#endReason ?? error;
    } finally {
      this.#connecting = null;
      this.#attempting = false;
    }
  }

  /**
   * @param {Rpc} rpc
   * @param {number} code
   */
  #onClose(rpc, code) {
    if (this.#rpc !== rpc) return;
    const { clock, onDisconnect, onState, renewable } = this.#options;
    this.#rpc = null;
    clock.clearTimeout(this.#timer);
    if (isFinal(code) && !(renewable && code === CLOSE_SIG_EXPIRED)) {
      return this.#finish(
        new ChatError(CLIENT.LOST, `The hub closed with ${code}.`, { closeCode: code }),
      );
    }
    onState('disconnected');
    onDisconnect();
    this.#scheduleRetry(clock.now() - this.#connectedAt);
  }

  /** @param {number} uptime */
  #scheduleRetry(uptime) {
    const ms = this.#backoff.next(uptime);
    this.#timer = this.#options.clock.setTimeout(() => void this.#retry(), ms);
  }

  async #retry() {
    this.#options.clock.clearTimeout(this.#timer);
    try {
      await this.#attempt();
    } catch (error) {
      if (this.#endReason) return;
      if (!isRetryable(error)) return this.#finish(/** @type {ChatError} */ (error));
      this.#options.onState('disconnected');
      this.#scheduleRetry(0);
    }
  }

  /** @param {ChatError} error */
  #finish(error) {
    this.close(error);
    this.#options.onEnd(error);
  }

  /**
   * @param {Rpc} rpc
   * @param {number} [timeout]
   */
  async #ping(rpc, timeout = PONG_MS) {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    try {
      await rpc.call('ping', {}, timeout);
    } catch {
      return rpc.close();
    }
    if (this.#rpc !== rpc) return;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.#ping(rpc), this.#heartbeatMs);
  }

  /** @param {number} deadline */
  async #waitConnected(deadline) {
    const { clock } = this.#options;
    while (!this.#rpc) {
      if (this.#endReason) throw this.#endReason;
      const remaining = deadline - clock.now();
      if (remaining <= 0) throw new ChatError(CLIENT.OFFLINE, 'There is no connection to the hub.');
      await /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          const timer = clock.setTimeout(done, remaining);
          const waiters = this.#waiters.add(done);
          function done() {
            clock.clearTimeout(timer);
            waiters.delete(done);
            resolve();
          }
        })
      );
    }
    return this.#rpc;
  }

  #notifyWaiters() {
    for (const done of [...this.#waiters]) done();
  }
}

/**
 * Whether to try again. A refused login is final; network trouble and a userSig function that
 * fails are not.
 *
 * @param {unknown} error
 */
const isRetryable = (error) =>
  error instanceof ChatError ? isTransient(error) && !isFinal(error.data.closeCode) : true;
