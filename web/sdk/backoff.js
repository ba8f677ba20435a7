export const FIRST_MS = 500;
export const MAX_MS = 20_000;
export const STABLE_MS = 5_000;

/**
 * Backoff gives the milliseconds to wait before the next attempt to connect.
 *
 * It has full jitter: after a restart of the hub its clients come back spread over the whole
 * window, not in step. The window doubles with each failure. It shrinks back only after a
 * connection that lasted STABLE_MS, because a hub that accepts and drops at once is not well.
 */
export class Backoff {
  _failures = 0;
  _random;

  /** @param {() => number} random gives numbers in [0, 1) */
  constructor(random) {
    this._random = random;
  }

  /** @param {number} uptime milliseconds that the last connection lasted, 0 without one */
  next(uptime) {
    if (uptime >= STABLE_MS) this._failures = 0;
    return this._random() * Math.min(MAX_MS, FIRST_MS * 2 ** this._failures++);
  }
}
