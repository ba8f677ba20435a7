import { FIRST_MS, MAX_MS } from './backoff.js';
import { Connection } from './connection.js';
import { EVENT, TYPES } from './constants.js';
import { Extensions } from './extensions.js';
import { Groups } from './group.js';
import { History } from './history.js';
import { Drafts } from './message.js';
import { Polls } from './polls.js';
import { askUserSig } from './usersig.js';

/**
 * @typedef {object} Listener
 * @property {(name: string, data: any) => void} emit
 * @property {(state: 'connecting' | 'connected' | 'disconnected') => void} onState
 * @property {(type: any) => void} onKicked
 * @property {(error: import('./errors.js').ChatError) => void} onEnd
 */

/** Reads at the same time while catching up. */
const CATCH_UP_CONCURRENCY = 8;

/**
 * Session is one user from login to logout. What the app's handlers missed while there was no
 * connection is fetched after the next login, so that an app may rely on events alone. If the hub's
 * store was replaced meanwhile, all is fetched, and the handlers get what differs.
 */
export class Session {
  userID;
  drafts;
  history = new History(this);
  extensions = new Extensions(this);
  polls = new Polls(this);
  groups = new Groups(this);

  /** @type {(name: string, data: any) => void} calls the app's handlers */
  emit;

  _connection;
  _clock;
  _random;
  _listener;
  /** The hub's time in milliseconds when this machine's steady clock stood at 0. */
  _hubTimeAtZero = 0;
  /** The number of pairs that one request may change. */
  perRequest = 20;
  _renewable;
  /** @type {string | undefined} the hub's store that all revisions here belong to */
  _epoch;
  /** The number of connections and losses. A catch-up stops when it has changed. */
  _generation = 0;
  /** The generation that catches up now, or 0. */
  _catchingUp = 0;
  /** @type {[method: string, params: any][] | null} notifications while messages catch up */
  _buffered = [];

  /**
   * @param {string} userID
   * @param {import('./usersig.js').UserSig} userSig
   * @param {number} sdkAppID
   * @param {import('./environment.js').Environment} environment
   * @param {Listener} listener
   */
  constructor(userID, userSig, sdkAppID, environment, listener) {
    this.userID = userID;
    this.emit = listener.emit;
    this._listener = listener;
    this._renewable = userSig.renewable;
    this._clock = environment.clock;
    this._random = environment.random;
    this.drafts = new Drafts(userID, new Date(environment.clock.time()));
    this._connection = new Connection({
      ...environment,
      loginParams: async () => ({
        sdkAppID,
        userID,
        userSig: await askUserSig(userSig, environment.clock),
        batch: true,
      }),
      renewable: userSig.renewable,
      onState: listener.onState,
      onEnd: (error) => {
        this._generation++;
        listener.onEnd(error);
      },
      onLogin: (session) => this._onLogin(session),
      onDisconnect: () => this._onDisconnect(),
      onNotification: (method, params) => this._onNotification(method, params),
    });
  }

  /** Logs in. Handlers get nothing before start. */
  login() {
    return this._connection.connect();
  }

  start() {
    this._flush();
  }

  /**
   * @param {string} method
   * @param {object | (() => object)} params
   * @param {{ retry?: boolean, deadline?: number }} [options]
   */
  call(method, params, options) {
    return this._connection.call(method, params, options);
  }

  /**
   * When a call that is made now has to be over.
   *
   * @param {number} [ms]
   */
  deadline(ms) {
    return this._connection.deadline(ms);
  }

  /** The hub's time in seconds, the unit of message.time. */
  serverTime() {
    return Math.floor((this._clock.now() + this._hubTimeAtZero) / 1000);
  }

  /** @param {import('./errors.js').ChatError} reason */
  close(reason) {
    this._generation++;
    this._connection.close(reason);
  }

  /** @param {{ time: number, epoch: string, limits: { maxExtensionsPerRequest: number } }} login */
  _onLogin({ time, epoch, limits }) {
    this.perRequest = limits.maxExtensionsPerRequest;
    this._hubTimeAtZero = time * 1000 - this._clock.now();
    if (epoch !== this._epoch) {
      this.history.reset();
      this.extensions.reset();
    }
    this._epoch = epoch;
    this._generation++;
    this.groups.onLogin();
    if (this._generation > 1) void this._catchUp();
  }

  _onDisconnect() {
    // First what the lost connection still brought: nothing else tells of untracked messages.
    this._flush();
    this._buffered = [];
    this._generation++;
    this.history.marks.onDisconnect();
    this.extensions.onDisconnect();
  }

  /** Fetches what was missed: messages first, because pairs must not come before their message. */
  async _catchUp() {
    const generation = this._generation;
    if (this._catchingUp === generation) return;
    this._catchingUp = generation;
    // What nobody expected is tried again. The end of the session ends this too.
    const report = (/** @type {unknown} */ error) => {
      if (generation === this._generation) console.error(error);
    };
    for (
      let window = FIRST_MS;
      generation === this._generation;
      window = Math.min(MAX_MS, window * 2)
    ) {
      await forEachLimit(CATCH_UP_CONCURRENCY, this.history.marks.staleIDs(), (id) =>
        this.history.catchUp(id).catch(report),
      );
      if (generation !== this._generation) return;
      this._flush();
      await forEachLimit(CATCH_UP_CONCURRENCY, this.extensions.staleIDs(), (id) =>
        this.extensions.catchUp(id).catch(report),
      );
      if (!this.history.marks.staleIDs().length && !this.extensions.staleIDs().length) break;
      const ms = this._random() * window;
      await new Promise((resolve) => this._clock.setTimeout(() => resolve(undefined), ms));
    }
    if (this._catchingUp === generation) this._catchingUp = 0;
  }

  _flush() {
    const buffered = this._buffered ?? [];
    this._buffered = null;
    for (const [method, params] of buffered) this._onNotification(method, params);
  }

  /** @param {string} type */
  _onKicked(type) {
    // With a fresh UserSig the session comes back after the close that follows.
    if (type !== TYPES.KICKED_OUT_USERSIG_EXPIRED || !this._renewable)
      this._listener.onKicked(type);
  }

  /**
   * Handles a group that the user is in from now on. What changed while the user was not is fetched
   * first; then comes what came since.
   *
   * @param {{ groupID: string }} event
   */
  _onJoined({ groupID }) {
    this.emit(EVENT.GROUP_JOINED, { groupID });
    const conversationID = TYPES.CONV_GROUP + groupID;
    const missed = this.history.marks.setAway(conversationID, false);
    this.history.follow(conversationID).catch(() => {}); // the next message begins it
    if (missed) this._buffered ??= [];
    if (this.extensions.setAway(groupID, false) || missed) void this._catchUp();
  }

  /** @param {{ groupID: string, reason: string }} event */
  _onLeft({ groupID, reason }) {
    this.history.marks.setAway(TYPES.CONV_GROUP + groupID, true);
    this.extensions.setAway(groupID, true);
    this.emit(EVENT.GROUP_LEFT, { groupID, reason });
  }

  /**
   * @param {string} method
   * @param {any} params
   */
  _onNotification(method, params) {
    if (method === 'KICKED_OUT') this._onKicked(params.type);
    else if (this._buffered) this._buffered.push([method, params]);
    else if (method === 'MESSAGE_RECEIVED') this.history.onReceived(params.messages);
    else if (method === 'MESSAGE_REVOKED') this.history.onRevoked(params.messages);
    else if (method === 'MESSAGE_EXTENSIONS_UPDATED') this.extensions.onUpdated(params);
    else if (method === 'MESSAGE_EXTENSIONS_DELETED') this.extensions.onDeleted(params);
    else if (method === 'MESSAGE_EXTENSIONS_SUMMARY') this.polls.onSummary(params);
    else if (method === 'MESSAGE_EXTENSIONS_CLOSED') this.polls.onClosed(params);
    else if (method === 'GROUP_JOINED') this._onJoined(params);
    else if (method === 'GROUP_LEFT') this._onLeft(params);
  }
}

/**
 * @param {number} limit
 * @param {string[]} ids
 * @param {(id: string) => Promise<void>} run
 */
async function forEachLimit(limit, ids, run) {
  const queue = ids.values();
  const worker = async () => {
    for (const id of queue) await run(id);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
