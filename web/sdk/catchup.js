import { FIRST_MS, MAX_MS } from './backoff.js';
import { isTransient } from './errors.js';

/** Reads at the same time. */
const CONCURRENCY = 8;
/** Pages of conversations read to find those with something new. The app may list the rest. */
const NEWS_PAGES = 20;

/**
 * CatchUp fetches what was missed while there was no connection: first messages, because pairs must
 * not come before their message, then pairs. It goes on until all is there, or the connection is
 * lost again.
 */
export class CatchUp {
  _session;
  _environment;
  /** The number of connections and losses. A run stops when it has changed. */
  _generation = 0;
  /** The generation that a run is for, or 0. */
  _running = 0;
  /** From where on the hub tells this connection of every message. */
  _position = '';
  /** Up to where every message was told, or is about to be. */
  _told = '';

  /**
   * @param {import('./chatsession.js').ChatSession} session
   * @param {import('./environment.js').Environment} environment
   */
  constructor(session, environment) {
    this._session = session;
    this._environment = environment;
  }

  /**
   * Notes a login, from the second on as a reason to run. If the hub's store was replaced
   * meanwhile, the hub knows what is behind a position of the last one.
   *
   * @param {string} position
   */
  onLogin(position) {
    this._position = position;
    if (this._generation++) void this.run();
    else this._told = position;
  }

  stop() {
    this._generation++;
  }

  async run() {
    const generation = this._generation;
    if (this._running === generation) return;
    this._running = generation;
    const { extensions, history } = this._session;
    const { marks } = history;
    // What nobody expected is tried again. The end of the session ends this too.
    const report = (/** @type {unknown} */ error) => {
      if (generation === this._generation) console.error(error);
    };
    for (
      let window = FIRST_MS;
      generation === this._generation;
      window = Math.min(MAX_MS, window * 2)
    ) {
      await this._findNew().catch((error) => isTransient(error) || report(error));
      await forEachLimit(marks.staleIDs(), (id) => history.catchUp(id).catch(report));
      if (generation !== this._generation) return;
      // What comes live waits for what was sent before it; not for ever, because there may be a
      // conversation that can't be read.
      if (window === MAX_MS || !marks.staleIDs().length) {
        this._session.flush();
        await forEachLimit(extensions.staleIDs(), (id) => extensions.catchUp(id).catch(report));
      }
      const behind = [...marks.staleIDs(), ...extensions.staleIDs()];
      if (this._told === this._position && !behind.length) break;
      const ms = this._environment.random() * window;
      await new Promise((resolve) =>
        this._environment.clock.setTimeout(() => resolve(undefined), ms),
      );
    }
    if (this._running === generation) {
      this._running = 0;
      this._session.onCaughtUp();
    }
  }

  /** Finds conversations with something new that nobody follows: a silent group, a stranger. */
  async _findNew() {
    const { _told: since, _position: position } = this;
    if (since === position) return;
    const { marks } = this._session.history;
    let cursor = '';
    for (let pages = 0; pages < NEWS_PAGES; pages++) {
      const params = { since, cursor };
      const page = await this._session.call('getConversationList', params, { retry: false });
      for (const { conversationID } of page.conversationList)
        marks.beginSince(conversationID, since);
      if (page.isCompleted) break;
      cursor = page.nextCursor;
    }
    // One that came meanwhile has moved its conversation to a page that was read before.
    for (const [method, params] of this._session.buffered) {
      if (method !== 'MESSAGE_RECEIVED') continue;
      for (const { conversationID } of params.messages) marks.beginSince(conversationID, since);
    }
    this._told = position;
  }
}

/**
 * @param {string[]} ids
 * @param {(id: string) => Promise<void>} run
 */
async function forEachLimit(ids, run) {
  const queue = ids.values();
  const worker = async () => {
    for (const id of queue) await run(id);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
