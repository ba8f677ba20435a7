import * as CLIENT from './clientcodes.js';
import { Backoff } from './backoff.js';
import { ChatError, isTransient } from './errors.js';
import { Heartbeat, WAKE_PONG_MS } from './heartbeat.js';
import { Rpc } from './rpc.js';
import { Waiters } from './waiters.js';

/**
 * @typedef {object} Options
 * @property {string} url
 * @property {new (url: string) => import('./index.js').Socket} WebSocket
 * @property {import('./rpc.js').Clock} clock
 * @property {() => number} random
 * @property {(check: () => void, drop: () => void) => () => void} onWake see wake.js
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
/** Whether a close code forbids to come back. The range decides, so new codes need no new SDK. */
const isFinal = (/** @type {number} */ code) => code >= 4400 && code <= 4499;
/** The code for a login with an expired UserSig. */
const SIG_EXPIRED = 70001;
/** Expired UserSigs in a row after which the app has no better one. */
const MAX_STALE_SIGS = 4;
/** The close code for an expired UserSig. A session that can get a new one comes back with it. */
const CLOSE_SIG_EXPIRED = 4401;

/** Connection keeps one login alive, over as many sockets as it takes. */
export class Connection {
  _options;
  _backoff;
  /** @type {Rpc | null} the socket, once it is logged in */
  _rpc = null;
  /** @type {Rpc | null} the socket that is logging in */
  _connecting = null;
  /** @type {ChatError | null} why there is no further attempt */
  _endReason = null;
  _attempting = false;
  _connectedAt = 0;
  _heartbeat;
  /** Logins in a row that were refused because the app's function gave an expired UserSig. */
  _staleSigs = 0;
  /** @type {any} the timer of the next attempt */
  _timer;
  /** Calls that wait for a login, or for the end. */
  _waiters;
  _stopWaking = () => {};

  /** @param {Options} options */
  constructor(options) {
    this._options = options;
    this._backoff = new Backoff(options.random);
    this._waiters = new Waiters(options.clock);
    this._heartbeat = new Heartbeat(options.clock);
  }

  /** Logs in for the first time. It tries once, because the app wants to know why it failed. */
  async connect() {
    this._stopWaking = this._options.onWake(
      () => this.checkAlive(),
      () => this.drop(),
    );
    try {
      return await this._attempt();
    } catch (error) {
      this.close(/** @type {ChatError} */ (error));
      throw error;
    }
  }

  /** When a call that is made now has to be over. */
  deadline(ms = CALL_MS) {
    return this._options.clock.now() + ms;
  }

  /**
   * Calls the hub, and waits for a connection if there is none.
   *
   * If the connection is lost before the answer, the call may have been carried out: it rejects
   * with 2800. With retry, for calls that may be carried out twice, it is sent again.
   *
   * @param {string} method
   * @param {object | (() => object)} params a function is called when they are sent
   * @param {{ retry?: boolean, deadline?: number }} [options]
   * @returns {Promise<any>}
   */
  async call(method, params, { retry = false, deadline = this.deadline() } = {}) {
    const { clock } = this._options;
    /** @type {ChatError | undefined} */
    let lost;
    for (;;) {
      const rpc = await this._waitConnected(deadline, lost);
      try {
        return await rpc.call(
          method,
          typeof params === 'function' ? params() : params,
          deadline - clock.now(),
        );
      } catch (error) {
        // Nobody knows whether the hub is slow or the socket is dead.
        if (error instanceof ChatError && error.code === CLIENT.TIMEOUT)
          void this._heartbeat.check(WAKE_PONG_MS);
        if (!retry || !(error instanceof ChatError) || error.code !== CLIENT.LOST) throw error;
        lost = error;
      }
    }
  }

  /** Pings the socket, or connects at once. Timers may have slept: a hidden tab, a closed lid. */
  checkAlive() {
    if (this._rpc) void this._heartbeat.check(WAKE_PONG_MS);
    else if (!this._endReason && !this._attempting) void this._retry();
  }

  /** Gives the socket up. Attempts to replace it follow. */
  drop() {
    (this._rpc ?? this._connecting)?.close();
  }

  /** @param {ChatError} reason what waiting calls are rejected with */
  close(reason) {
    if (this._endReason) return;
    this._endReason = reason;
    this._stopWaking();
    this._options.clock.clearTimeout(this._timer);
    this._heartbeat.stop();
    const rpc = this._rpc ?? this._connecting;
    this._rpc = null;
    rpc?.close();
    this._waiters.wakeAll();
    this._options.onState('disconnected');
  }

  async _attempt() {
    const { clock, url, WebSocket, loginParams, onState, onLogin } = this._options;
    this._attempting = true;
    onState('connecting');
    try {
      // Before the socket, which has five seconds to log in: the app's backend may need longer.
      const params = await loginParams();
      if (this._endReason) throw this._endReason;
      const rpc = new Rpc(new WebSocket(url), clock, {
        onNotification: this._options.onNotification,
        onClose: (code) => this._onClose(rpc, code),
      });
      this._connecting = rpc;
      await rpc.opened;
      const session = await rpc.call('login', params);
      // The answer and the close may have come together.
      if (rpc.isClosed)
        throw new ChatError(CLIENT.LOST, 'The connection was lost right after the login.');
      this._staleSigs = 0;
      this._rpc = rpc;
      this._connectedAt = clock.now();
      this._heartbeat.start(rpc, session.heartbeatInterval * 1000);
      onLogin(session); // first, so that who hears of the connection finds what it brought
      onState('connected');
      this._waiters.wakeAll();
      return session;
    } catch (error) {
      this._connecting?.close();
      throw this._endReason ?? error;
    } finally {
      this._connecting = null;
      this._attempting = false;
    }
  }

  /**
   * @param {Rpc} rpc
   * @param {number} code
   */
  _onClose(rpc, code) {
    if (this._rpc !== rpc) return;
    const { clock, onDisconnect, onState, renewable } = this._options;
    this._rpc = null;
    this._heartbeat.stop();
    if (isFinal(code) && !(renewable && code === CLOSE_SIG_EXPIRED))
      return this._finish(
        new ChatError(CLIENT.LOST, `The hub closed with ${code}.`, { closeCode: code }),
      );
    onState('disconnected');
    onDisconnect();
    this._scheduleRetry(clock.now() - this._connectedAt);
  }

  /** @param {number} uptime */
  _scheduleRetry(uptime) {
    const ms = this._backoff.next(uptime);
    this._timer = this._options.clock.setTimeout(() => void this._retry(), ms);
  }

  async _retry() {
    this._options.clock.clearTimeout(this._timer);
    try {
      await this._attempt();
    } catch (error) {
      if (this._endReason) return;
      if (!this._isRetryable(error)) return this._finish(/** @type {ChatError} */ (error));
      this._options.onState('disconnected');
      this._scheduleRetry(0);
    }
  }

  /**
   * Whether to try again. A refused login is final; network trouble, a userSig function that fails
   * and one that gives what has expired are not.
   *
   * @param {unknown} error
   */
  _isRetryable(error) {
    if (!(error instanceof ChatError)) return true;
    if (error.code === SIG_EXPIRED && this._options.renewable)
      return ++this._staleSigs < MAX_STALE_SIGS;
    return isTransient(error) && !isFinal(error.data.closeCode);
  }

  /** @param {ChatError} error */
  _finish(error) {
    this.close(error);
    this._options.onEnd(error);
  }

  /**
   * @param {number} deadline
   * @param {ChatError} [lost] what has become of the call so far
   */
  async _waitConnected(deadline, lost) {
    const { clock } = this._options;
    for (;;) {
      if (this._endReason) throw this._endReason;
      const remaining = deadline - clock.now();
      if (remaining <= 0)
        throw (
          lost ??
          new ChatError(CLIENT.OFFLINE, 'There was no connection in time: nothing was sent.')
        );
      if (this._rpc) return this._rpc;
      await this._waiters.wait(remaining);
    }
  }
}
