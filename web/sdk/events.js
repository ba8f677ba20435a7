/**
 * @typedef {{ name: string, data: any }} Event
 * @typedef {{ handler: (event: Event) => void, context: unknown, once: boolean }} Listener
 */

/** Events holds the app's handlers and calls them in the order in which they were added. */
export class Events {
  /** @type {Map<string, Listener[]>} */
  _listeners = new Map();

  /**
   * @param {string} name
   * @param {(event: any) => void} handler
   * @param {unknown} [context]
   * @param {boolean} [once]
   */
  on(name, handler, context, once = false) {
    this._listeners.set(name, [...(this._listeners.get(name) ?? []), { handler, context, once }]);
  }

  /**
   * Removes the handler; without a context, all its registrations.
   *
   * @param {string} name
   * @param {(event: any) => void} handler
   * @param {unknown} [context]
   */
  off(name, handler, context) {
    this._remove(
      name,
      (listener) =>
        listener.handler === handler && (context === undefined || listener.context === context),
    );
  }

  /**
   * Calls the handlers. One that throws must not keep the event from the others, nor stop the
   * frame that brought it: its error goes to the console, as from a DOM listener.
   *
   * @param {string} name
   * @param {unknown} [data]
   */
  emit(name, data) {
    for (const listener of this._listeners.get(name) ?? []) {
      if (listener.once) this._remove(name, (other) => other === listener);
      try {
        listener.handler.call(listener.context, { name, data });
      } catch (error) {
        console.error(`The handler of ${name} failed:`, error);
      }
    }
  }

  /**
   * Whether there is a handler.
   *
   * @param {string} name
   */
  has(name) {
    return (this._listeners.get(name) ?? []).length > 0;
  }

  clear() {
    this._listeners.clear();
  }

  /**
   * @param {string} name
   * @param {(listener: Listener) => boolean} isIt
   */
  _remove(name, isIt) {
    const rest = (this._listeners.get(name) ?? []).filter((listener) => !isIt(listener));
    this._listeners.set(name, rest);
  }
}
