/** Milliseconds that a pong may take. The hub answers in order, so a slow call may delay it. */
export const PONG_MS = 15_000;
/** PONG_MS for somebody who has just come back to the page and waits. */
export const WAKE_PONG_MS = 5_000;

/** Heartbeat pings a socket now and then, and closes it if it does not answer. */
export class Heartbeat {
  _clock;
  /** @type {import('./rpc.js').Rpc | null} */
  _rpc = null;
  _intervalMs = 0;
  /** @type {any} */
  _timer;

  /** @param {import('./rpc.js').Clock} clock */
  constructor(clock) {
    this._clock = clock;
  }

  /**
   * @param {import('./rpc.js').Rpc} rpc
   * @param {number} intervalMs
   */
  start(rpc, intervalMs) {
    this._rpc = rpc;
    this._intervalMs = intervalMs;
    this._schedule();
  }

  stop() {
    this._rpc = null;
    this._clock.clearTimeout(this._timer);
  }

  /**
   * Pings now.
   *
   * @param {number} [timeout]
   */
  async check(timeout = PONG_MS) {
    const rpc = this._rpc;
    if (!rpc) return;
    this._clock.clearTimeout(this._timer);
    try {
      await rpc.call('ping', {}, timeout);
    } catch {
      return rpc.close();
    }
    if (this._rpc === rpc) this._schedule();
  }

  _schedule() {
    this._clock.clearTimeout(this._timer);
    this._timer = this._clock.setTimeout(() => void this.check(), this._intervalMs);
  }
}
