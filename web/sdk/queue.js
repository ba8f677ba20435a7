/** Queue runs tasks that share a key one after the other, and all others side by side. */
export class Queue {
  /** @type {Set<{ scope: string, keys: string[] | null, done: Promise<unknown> }>} */
  _jobs = new Set();

  /**
   * Runs the task when those before it are done that have the same scope and one of its keys.
   *
   * @template T
   * @param {string} scope
   * @param {string[] | null} keys all keys of the scope, if null
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  run(scope, keys, task) {
    const before = [...this._jobs].filter(
      (job) =>
        job.scope === scope &&
        (!keys || !job.keys || job.keys.some((/** @type {string} */ key) => keys.includes(key))),
    );
    const outcome = Promise.all(before.map(({ done }) => done)).then(task);
    const done = outcome.catch(() => {});
    const job = { scope, keys, done };
    this._jobs.add(job);
    void done.then(() => this._jobs.delete(job));
    return outcome;
  }
}
