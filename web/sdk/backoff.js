export const FIRST_MS = 500;
export const MAX_MS = 20_000;
export const STABLE_MS = 5_000;

/**
 * How long to wait before the next attempt, in ms. Full jitter: after a restart of the hub its
 * clients come back spread over the whole window, not in step. The window doubles with each
 * failure and starts anew only after a connection that held for STABLE_MS ms: a hub that accepts
 * and drops at once is not a hub that is well.
 */
export class Backoff {
  #failures = 0;
  #random;

  /** @param {() => number} random in [0, 1) */
  constructor(random) {
    this.#random = random;
  }

  /** @param {number} uptime ms that the last connection held, 0 if it was never there */
  next(uptime) {
    if (uptime >= STABLE_MS) this.#failures = 0;
    return this.#random() * Math.min(MAX_MS, FIRST_MS * 2 ** this.#failures++);
  }
}
