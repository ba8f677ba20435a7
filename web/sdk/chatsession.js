import { CatchUp } from './catchup.js';
import * as EVENT from './eventnames.js';
import * as TYPES from './typenames.js';
import { Extensions } from './extensions.js';
import { History } from './history.js';
import { Drafts } from './message.js';
import { NOTIFICATIONS } from './notifications.js';
import { Session } from './session.js';

/** The events that tell a list. */
const LISTS = ['onConversationListUpdated', 'onGroupListUpdated'];

/**
 * ChatSession is a session of an app that chats. What the app's handlers missed while there was no
 * connection is fetched after the next login, so that an app may rely on events alone. If the hub's
 * store was replaced meanwhile, all is fetched, and the handlers get what differs.
 */
export class ChatSession extends Session {
  /**
   * The conversations that the user is not in, as far as is known. What is missed of them is read
   * after the return.
   *
   * @type {Set<string>}
   */
  away = new Set();
  /** @override */
  extensions = new Extensions(this);
  history = new History(this);
  drafts = new Drafts(this.userID, new Date(this._clock.time()));

  /** Whether the app has a handler. */
  listens = this._listener.listens;
  /** @type {import('./lists.js').Lists | undefined} the app's, if it has asked for any */
  loadedLists;

  _catchUp = new CatchUp(this, this._environment);
  /** @override */
  _handlers = HANDLERS;
  /** The hub's time in milliseconds when this machine's steady clock stood at 0. */
  _hubTimeAtZero = 0;
  /** @type {[method: string, params: any][] | null} notifications while messages catch up */
  _buffered = [];

  /**
   * Handlers get nothing before.
   *
   * @override
   */
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

  /**
   * @override
   * @type {Session['tell']}
   */
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
   * @override
   * @param {any} options
   */
  list(options) {
    return this.history.list(options);
  }

  /** The hub's time in seconds, the unit of message.time. */
  serverTime() {
    return Math.floor((this._clock.now() + this._hubTimeAtZero) / 1000);
  }

  /**
   * @override
   * @param {import('./errors.js').ChatError} reason
   */
  close(reason) {
    this._catchUp.stop();
    super.close(reason);
  }

  /**
   * @override
   * @param {any[]} wires
   */
  onRevoked(wires) {
    const { marks } = this.history;
    for (const wire of wires) if (wire.conversationID) marks.tell(wire, marks.generation);
    super.onRevoked(wires);
  }

  /**
   * @override
   * @param {import('./session.js').Login} login
   */
  _onLogin(login) {
    super._onLogin(login);
    this._hubTimeAtZero = login.time * 1000 - this._clock.now();
    this._catchUp.onLogin(login.position);
  }

  /** @override */
  _reset() {
    super._reset();
    this.history.reset();
  }

  /** @override */
  _onDisconnect() {
    // All but who is in a group is read anew, in its order.
    for (const [method, params] of this.buffered)
      if (method.startsWith('GROUP')) super._onNotification(method, params);
    this._buffered = [];
    this._catchUp.stop();
    this.away.clear(); // who knows
    this.history.marks.onDisconnect();
    this.extensions.onGap();
  }

  /** Notifications that wait until the messages before them are there. */
  get buffered() {
    return this._buffered ?? [];
  }

  flush() {
    const { buffered } = this;
    this._buffered = null;
    for (const [method, params] of buffered) this._onNotification(method, params);
  }

  /**
   * Notes that the user came into a conversation or left it. What was missed meanwhile is fetched
   * first after the return, and then comes what came since.
   *
   * @param {string} conversationID
   * @param {boolean} away
   */
  setAway(conversationID, away) {
    if (away) this.away.add(conversationID);
    else this.away.delete(conversationID);
    const messages = this.history.marks.onMove(conversationID);
    const pairs = this.extensions.onMove(conversationID);
    if (away) return;
    if (messages) this._buffered ??= [];
    if (messages || pairs) void this._catchUp.run();
  }

  /**
   * @override
   * @param {{ groupID: string }} event
   */
  onJoined({ groupID }) {
    super.onJoined({ groupID });
    this.loadedLists?.groupsChanged();
    const conversationID = TYPES.CONV_GROUP + groupID;
    this.setAway(conversationID, false);
    this.history.follow(conversationID).catch(() => {}); // the next message begins it
  }

  /**
   * @override
   * @param {{ groupID: string, reason: string }} event
   */
  onLeft({ groupID, reason }) {
    this.setAway(TYPES.CONV_GROUP + groupID, true);
    this.emit(EVENT.GROUP_LEFT, { groupID, reason });
    this.loadedLists?.onLeft(groupID);
  }

  /**
   * @override
   * @param {string} method
   * @param {any} params
   */
  _onNotification(method, params) {
    if (this._buffered && method !== 'KICKED_OUT') this._buffered.push([method, params]);
    else super._onNotification(method, params);
  }
}

/**
 * What a chat hears.
 *
 * @type {Readonly<Record<string, (session: ChatSession, event: any) => void>>}
 */
const HANDLERS = Object.freeze({
  ...NOTIFICATIONS,
  MESSAGE_RECEIVED: ({ history }, { messages }) => history.onReceived(messages),
  CONVERSATION_READ: ({ loadedLists }, mark) => loadedLists?.onRead(mark),
  PROFILE_UPDATED: (session, event) =>
    session.tellLists('onProfileUpdated', ({ directory }) => directory.onUpdated(event)),
});
