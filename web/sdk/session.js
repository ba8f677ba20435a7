import { Connection } from './connection.js';
import * as EVENT from './eventnames.js';
import * as TYPES from './typenames.js';
import { Messages } from './messages.js';
import { NOTIFICATIONS } from './notifications.js';
import { Pairs } from './pairs.js';
import { askUserSig } from './usersig.js';

/**
 * @typedef {object} Listener
 * @property {(name: string, data: any) => void} emit
 * @property {(name: string) => boolean} listens whether the app has a handler
 * @property {() => Promise<typeof import('./lists.js')>} loadLists
 * @property {(state: 'connecting' | 'connected' | 'disconnected') => void} onState
 * @property {(type: any) => void} onKicked
 * @property {(error: import('./errors.js').ChatError) => void} onEnd
 *
 * @typedef {object} Login what the hub says of a login
 * @property {number} time
 * @property {string} epoch
 * @property {string} position
 * @property {{ maxExtensionsPerRequest: number }} limits
 *
 * @typedef {ConstructorParameters<typeof Session>} Parameters
 */

/**
 * Session is one user from login to logout, over as many connections as it takes. It reads the
 * messages that it is told, and hears what becomes of them. What was missed while there was no
 * connection, or while the user was not in a group, has to be read again; a ChatSession does that
 * by itself.
 */
export class Session {
  userID;
  messages = new Messages(this);
  /** @type {Pairs} */
  extensions = new Pairs(this);

  /** @type {(name: string, data: any) => void} calls the app's handlers */
  emit;
  /** The number of pairs that one request may change. */
  perRequest = 20;

  _clock;
  _connection;
  _environment;
  /** @type {Readonly<Record<string, (session: any, event: any) => void>>} */
  _handlers = NOTIFICATIONS;
  _listener;
  _renewable;
  /** @type {Set<string>} the groups that a guest has joined, which the hub does not remember */
  _joined = new Set();
  /** @type {string | undefined} the hub's store that all revisions here belong to */
  _epoch;

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
    this._clock = environment.clock;
    this._environment = environment;
    this._listener = listener;
    this._renewable = userSig.renewable;
    this._connection = new Connection({
      ...environment,
      loginParams: async () => ({
        sdkAppID,
        userID,
        userSig: await askUserSig(userSig, this._clock),
        batch: true,
      }),
      renewable: userSig.renewable,
      onState: listener.onState,
      onEnd: listener.onEnd,
      onLogin: (login) => this._onLogin(login),
      onDisconnect: () => this._onDisconnect(),
      onNotification: (method, params) => this._onNotification(method, params),
    });
  }

  login() {
    return this._connection.connect();
  }

  /** The app has heard that it is logged in. */
  start() {}

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

  /** @param {import('./errors.js').ChatError} reason */
  close(reason) {
    this._connection.close(reason);
  }

  /** @param {any} options */
  list(options) {
    return this.messages.page(options);
  }

  /** @param {{ groupID: string }} options */
  async join({ groupID }) {
    const joined = await this.call('joinGroup', { groupID });
    if (this.userID.startsWith('guest-')) this._joined.add(groupID);
    return joined;
  }

  /** @param {{ ID: string }} message */
  summary({ ID: messageID }) {
    return this.call('getMessageExtensionSummary', { messageID }, { retry: true });
  }

  /**
   * Closing twice is closing once, so it is asked again after a lost connection.
   *
   * @param {{ ID: string }} message
   * @param {number} [closeAt]
   */
  closeExtensions({ ID: messageID }, closeAt) {
    return this.call('closeMessageExtensions', { messageID, closeAt }, { retry: true });
  }

  /**
   * Tells the handlers once of each message, whether they knew it or not.
   *
   * @param {any[]} wires the messages of a MESSAGE_REVOKED
   */
  onRevoked(wires) {
    const fresh = wires.filter((wire) => !this.messages.lookup(wire)?.isRevoked);
    const messages = fresh.map((wire) => this.messages.intern(wire));
    for (const { ID } of wires) this.extensions.forget(ID);
    this.tell(EVENT.MESSAGE_REVOKED, messages);
  }

  /**
   * Learns from a refusal that a message was revoked while there was no connection.
   *
   * @param {string} ID
   * @param {string} revoker
   */
  onFoundRevoked(ID, revoker) {
    const known = this.messages.find(ID);
    this.onRevoked([{ ID, time: known?.time, random: known?.random, isRevoked: true, revoker }]);
  }

  /** @type {(name: string, messages: import('./message.js').Message[]) => void} */
  tell(name, messages) {
    if (messages.length) this.emit(name, messages);
  }

  /** @param {{ groupID: string }} event */
  onJoined({ groupID }) {
    this.emit(EVENT.GROUP_JOINED, { groupID });
  }

  /** @param {{ groupID: string, reason: string }} event */
  onLeft({ groupID, reason }) {
    this.extensions.onGap();
    this.emit(EVENT.GROUP_LEFT, { groupID, reason });
  }

  /** @param {Login} login */
  _onLogin({ epoch, limits }) {
    this.perRequest = limits.maxExtensionsPerRequest;
    if (epoch !== this._epoch) this._reset();
    this._epoch = epoch;
    // To the hub each connection of a guest is new. What comes of it the reads behind it say.
    for (const groupID of this._joined) this.call('joinGroup', { groupID }).catch(() => {});
  }

  /** Forgets what the hub's last store held: it was replaced. */
  _reset() {
    this.extensions.reset();
  }

  _onDisconnect() {
    this.extensions.onGap();
  }

  /** @param {{ type: string }} event */
  onKicked({ type }) {
    // With a fresh UserSig the session comes back after the close that follows.
    if (type !== TYPES.KICKED_OUT_USERSIG_EXPIRED || !this._renewable)
      this._listener.onKicked(type);
  }

  /**
   * @param {string} method
   * @param {any} params
   */
  _onNotification(method, params) {
    this._handlers[method]?.(this, params);
  }
}
