/**
 * @typedef {{ name: string, data: any }} Event
 * @typedef {{ handler: (event: Event) => void, context: unknown, once: boolean }} Listener
 */

/** Who listens to what. Handlers run in the order in which they were added. */
export class Events {
  /** @type {Map<string, Listener[]>} */
  #listeners = new Map();

  /**
   * @param {string} name
   * @param {(event: any) => void} handler
   * @param {unknown} [context]
   * @param {boolean} [once]
   */
  on(name, handler, context, once = false) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), { handler, context, once }]);
  }

  /**
   * Without a context every registration of the handler goes.
   *
   * @param {string} name
   * @param {(event: any) => void} handler
   * @param {unknown} [context]
   */
  off(name, handler, context) {
    const rest = (this.#listeners.get(name) ?? []).filter(
      (listener) =>
        listener.handler !== handler || (context !== undefined && listener.context !== context),
    );
    this.#listeners.set(name, rest);
  }

  /**
   * A handler that throws must not keep the event from the others, nor stop the frame that
   * brought it: the error goes to the console, as it would from a DOM listener.
   *
   * @param {string} name
   * @param {unknown} [data]
   */
  emit(name, data) {
    for (const listener of this.#listeners.get(name) ?? []) {
      if (listener.once) this.off(name, listener.handler, listener.context);
      try {
        listener.handler.call(listener.context, { name, data });
      } catch (error) {
        console.error(`The handler of ${name} failed:`, error);
      }
    }
  }

  clear() {
    this.#listeners.clear();
  }
}
