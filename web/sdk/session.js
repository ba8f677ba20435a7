import { CatchUp } from './catchup.js';
import { Connection } from './connection.js';
import { EVENT, TYPES } from './constants.js';
import { Extensions } from './extensions.js';
import { Groups } from './group.js';
import { History } from './history.js';
import { Drafts } from './message.js';
import { NOTIFICATIONS } from './notifications.js';
import { Polls } from './polls.js';
import { askUserSig } from './usersig.js';

/**
 * @typedef {object} Listener
 * @property {(name: string, data: any) => void} emit
 * @property {(name: string) => boolean} listens whether the app has a handler
 * @property {() => Promise<typeof import('./lists.js')>} loadLists
 * @property {(state: 'connecting' | 'connected' | 'disconnected') => void} onState
 * @property {(type: any) => void} onKicked
 * @property {(error: import('./errors.js').ChatError) => void} onEnd
 */

/** The events that tell a list. */
const LISTS = ['onConversationListUpdated', 'onGroupListUpdated'];

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
  /** @type {(name: string) => boolean} whether the app has a handler */
  listens;
  /** @type {import('./lists.js').Lists | undefined} the app's, if it has asked for any */
  loadedLists;

  _connection;
  _clock;
  _catchUp;
  _listener;
  /** The hub's time in milliseconds when this machine's steady clock stood at 0. */
  _hubTimeAtZero = 0;
  /** The number of pairs that one request may change. */
  perRequest = 20;
  _renewable;
  /** @type {string | undefined} the hub's store that all revisions here belong to */
  _epoch;
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
    this.listens = listener.listens;
    this._listener = listener;
    this._renewable = userSig.renewable;
    this._clock = environment.clock;
    this._catchUp = new CatchUp(this, environment);
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
        this._catchUp.stop();
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
    this.flush();
    for (const name of LISTS) this.onListen(name);
  }

  /** The app's lists, whose code is loaded when they are first asked for. */
  async lists() {
    const { Lists } = await this._listener.loadLists();
    return (this.loadedLists ??= new Lists(this, this._clock));
  }

  /** @param {string} name of the event that the app listens to: its list is kept current */
  onListen(name) {
    if (LISTS.includes(name)) this.tellLists(name, (lists) => lists.onListen(name));
  }

  /**
   * Loads the lists for what an event tells, if the app listens to it.
   *
   * @param {string} name
   * @param {(lists: import('./lists.js').Lists) => void} tell
   */
  tellLists(name, tell) {
    if (this.listens(name)) this.lists().then(tell, console.error);
  }

  /** @type {(name: string, messages: import('./message.js').Message[]) => void} */
  tell(name, messages) {
    if (!messages.length) return;
    this.loadedLists?.onMessages(messages);
    this.emit(name, messages);
  }

  /** All that was missed was fetched. */
  onCaughtUp() {
    this.loadedLists?.refresh();
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
    this._catchUp.stop();
    this._connection.close(reason);
  }

  /**
   * @param {{ time: number, epoch: string, position: string,
   *   limits: { maxExtensionsPerRequest: number } }} login
   */
  _onLogin({ time, epoch, position, limits }) {
    this.perRequest = limits.maxExtensionsPerRequest;
    this._hubTimeAtZero = time * 1000 - this._clock.now();
    if (epoch !== this._epoch) {
      this.history.reset();
      this.extensions.reset();
    }
    this._epoch = epoch;
    this.groups.onLogin();
    this._catchUp.onLogin(position);
  }

  _onDisconnect() {
    this.flush('GROUP'); // all but who is in a group is read anew, in its order
    this._buffered = [];
    this._catchUp.stop();
    this.history.marks.onDisconnect();
    this.extensions.onDisconnect();
  }

  /** Notifications that wait until the messages before them are there. */
  get buffered() {
    return this._buffered ?? [];
  }

  /** @param {string} [prefix] of what waits and is to be told; the rest is dropped */
  flush(prefix = '') {
    const { buffered } = this;
    this._buffered = null;
    for (const [method, params] of buffered)
      if (method.startsWith(prefix)) this._onNotification(method, params);
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
  onJoined({ groupID }) {
    this.emit(EVENT.GROUP_JOINED, { groupID });
    this.loadedLists?.groupsChanged();
    const conversationID = TYPES.CONV_GROUP + groupID;
    const missed = this.history.marks.setAway(conversationID, false);
    this.history.follow(conversationID).catch(() => {}); // the next message begins it
    if (missed) this._buffered ??= [];
    if (this.extensions.setAway(groupID, false) || missed) void this._catchUp.run();
  }

  /** @param {{ groupID: string, reason: string }} event */
  onLeft({ groupID, reason }) {
    this.history.marks.setAway(TYPES.CONV_GROUP + groupID, true);
    this.extensions.setAway(groupID, true);
    this.emit(EVENT.GROUP_LEFT, { groupID, reason });
    this.loadedLists?.onLeft(groupID);
  }

  /**
   * @param {string} method
   * @param {any} params
   */
  _onNotification(method, params) {
    if (method === 'KICKED_OUT') this._onKicked(params.type);
    else if (this._buffered) this._buffered.push([method, params]);
    else NOTIFICATIONS[method]?.(this, params);
  }
}
