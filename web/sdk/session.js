import { FIRST, LONGEST } from './backoff.js';
import { Connection } from './connection.js';
import { TYPES } from './constants.js';
import { Extensions } from './extensions.js';
import { Groups } from './group.js';
import { History } from './history.js';
import { Drafts } from './message.js';

/**
 * @typedef {object} Environment what the outside world is to a session; tests bring their own
 * @property {string} url
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {import('./rpc.js').Clock} clock
 * @property {() => number} random
 * @property {(check: () => void) => () => void} watch
 *
 * @typedef {object} Listener
 * @property {(name: string, data: any) => void} emit
 * @property {(state: 'connecting' | 'connected' | 'disconnected') => void} moved
 * @property {(type: any) => void} kicked
 * @property {(error: import('./errors.js').ChatError) => void} ended
 */

/**
 * What gives the UserSig, and whether asking again may give another one.
 *
 * @typedef {{ give: () => string | Promise<string>, renewable: boolean }} UserSig
 */

/** Reads under way at a time while catching up. */
const AT_ONCE = 8;

/**
 * One user, from login to logout. Whatever a lost connection kept from the app's handlers is
 * fetched after the next login and told them then, so that an app may rely on events alone. If the
 * hub's store was made anew meanwhile, all of it is fetched, and told as far as it differs.
 */
export class Session {
  userID;
  drafts;
  history = new History(this);
  extensions = new Extensions(this);
  groups = new Groups(this);

  /** Tells the app's handlers. @type {(name: string, data: any) => void} */
  emit;

  #connection;
  #clock;
  #random;
  #listener;
  /** ms that the hub's clock is ahead of ours */
  #ahead = 0;
  /** Pairs that one request may change. */
  perRequest = 20;
  #renewable;
  /** The history of the hub's store that all we know belongs to. @type {string | undefined} */
  #epoch;
  /** Counts connections and losses. A catch-up that finds another number stops. */
  #era = 0;
  /** @type {[method: string, params: any][] | null} what came while messages are being caught up */
  #held = [];

  /**
   * @param {string} userID
   * @param {UserSig} userSig
   * @param {number} sdkAppID
   * @param {Environment} environment
   * @param {Listener} listener
   */
  constructor(userID, userSig, sdkAppID, environment, listener) {
    this.userID = userID;
    this.emit = listener.emit;
    this.#listener = listener;
    this.#renewable = userSig.renewable;
    this.#clock = environment.clock;
    this.#random = environment.random;
    this.drafts = new Drafts(userID, new Date(environment.clock.now()));
    this.#connection = new Connection({
      ...environment,
      ticket: async () => ({ sdkAppID, userID, userSig: await userSig.give(), batch: true }),
      renewable: userSig.renewable,
      moved: listener.moved,
      ended: (error) => {
        this.#era++;
        listener.ended(error);
      },
      up: (session) => this.#up(session),
      down: () => this.#down(),
      notified: (method, params) => this.#notified(method, params),
    });
  }

  /** Logs in. Nothing is told before begin. */
  open() {
    return this.#connection.open();
  }

  begin() {
    this.#release();
  }

  /**
   * @param {string} method
   * @param {object | (() => object)} params
   * @param {{ reads?: boolean, ms?: number }} [options]
   */
  call(method, params, options) {
    return this.#connection.call(method, params, options);
  }

  /** The hub's time in seconds, the unit of message.time. */
  serverTime() {
    return Math.floor((this.#clock.now() + this.#ahead) / 1000);
  }

  /** @param {import('./errors.js').ChatError} reason */
  close(reason) {
    this.#era++;
    this.#connection.close(reason);
  }

  /** @param {{ time: number, epoch: string, limits: { maxExtensionsPerRequest: number } }} login */
  #up({ time, epoch, limits }) {
    this.perRequest = limits.maxExtensionsPerRequest;
    this.#ahead = time * 1000 - this.#clock.now();
    if (epoch !== this.#epoch) {
      this.history.renew();
      this.extensions.renew();
    }
    this.#epoch = epoch;
    this.#era++;
    if (this.#era > 1) void this.#catchUp();
  }

  #down() {
    // What the dead connection still brought is told first: it is all that is known of messages nobody opened.
    this.#release();
    this.#held = [];
    this.#era++;
    this.history.down();
    this.extensions.down();
  }

  /** Messages first: nobody should hear of the pairs of a message before the message. */
  async #catchUp() {
    const era = this.#era;
    for (let window = FIRST; era === this.#era; window = Math.min(LONGEST, window * 2)) {
      await atMost(AT_ONCE, this.history.stale(), (id) => this.history.heal(id));
      if (era !== this.#era) return;
      this.#release();
      await atMost(AT_ONCE, this.extensions.stale(), (id) => this.extensions.heal(id));
      if (!this.history.stale().length && !this.extensions.stale().length) return;
      const ms = this.#random() * window;
      await new Promise((resolve) => this.#clock.setTimeout(() => resolve(undefined), ms));
    }
  }

  #release() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const [method, params] of held) this.#notified(method, params);
  }

  /** @param {string} type */
  #kicked(type) {
    // The close that follows is answered by coming back with a fresh UserSig.
    if (type !== TYPES.KICKED_OUT_USERSIG_EXPIRED || !this.#renewable) this.#listener.kicked(type);
  }

  /**
   * @param {string} method
   * @param {any} params
   */
  #notified(method, params) {
    if (method === 'KICKED_OUT') this.#kicked(params.type);
    else if (this.#held) this.#held.push([method, params]);
    else if (method === 'MESSAGE_RECEIVED') this.history.received(params.messages);
    else if (method === 'MESSAGE_EXTENSIONS_UPDATED') this.extensions.updated(params);
    else if (method === 'MESSAGE_EXTENSIONS_DELETED') this.extensions.deleted(params);
  }
}

/**
 * @param {number} limit
 * @param {string[]} ids
 * @param {(id: string) => Promise<void>} run
 */
async function atMost(limit, ids, run) {
  const queue = ids.values();
  const worker = async () => {
    for (const id of queue) await run(id);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
