/** Waiters wait for the same thing, each at most for a time of its own. */
export class Waiters {
  /** @type {Set<() => void>} */
  _wake = new Set();
  _clock;

  /** @param {import('./rpc.js').Clock} clock */
  constructor(clock) {
    this._clock = clock;
  }

  /**
   * Resolves with the next wakeAll, or when the time is up.
   *
   * @param {number} ms
   * @returns {Promise<void>}
   */
  wait(ms) {
    return new Promise((resolve) => {
      const timer = this._clock.setTimeout(() => done(), ms);
      const done = () => {
        this._clock.clearTimeout(timer);
        this._wake.delete(done);
        resolve();
      };
      this._wake.add(done);
    });
  }

  wakeAll() {
    for (const done of [...this._wake]) done();
  }
}
