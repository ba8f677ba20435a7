import { Account } from './account.js';
import { EVENT } from './constants.js';
import { isText, must } from './errors.js';
import { Events } from './events.js';
import {
  mustBeExtensible,
  mustBeGroup,
  mustBeGroupID,
  mustBeKeys,
  mustBeList,
  mustBeMembers,
  mustBeNewGroup,
  mustBePage,
  mustBePairs,
} from './params.js';

/**
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 */

/**
 * What the app holds: parameters are checked here, in the app's own stack, and the work is the session's.
 *
 * @implements {ChatSDK}
 */
export class Chat {
  #sdkAppID;
  #clock;
  #destroyed;
  #events = new Events();
  #account;

  /**
   * @param {number} sdkAppID
   * @param {import('./session.js').Environment} environment
   * @param {() => void} destroyed
   */
  constructor(sdkAppID, environment, destroyed) {
    this.#sdkAppID = sdkAppID;
    this.#clock = environment.clock;
    this.#destroyed = destroyed;
    this.#account = new Account(sdkAppID, environment, this.#events);
  }

  /** @type {ChatSDK['login']} */
  login(options) {
    return this.#account.login(options);
  }

  /** @type {ChatSDK['logout']} */
  async logout() {
    await this.#account.logout();
    return { code: 0, data: {} };
  }

  /** @type {ChatSDK['destroy']} */
  async destroy() {
    await this.#account.logout();
    this.#destroyed();
    this.#events.emit(EVENT.SDK_DESTROY, { SDKAppID: this.#sdkAppID });
    this.#events.clear();
  }

  isReady() {
    return this.#account.isReady;
  }

  getLoginUser() {
    return this.#account.session?.userID ?? '';
  }

  getServerTime() {
    return this.#account.session?.serverTime() ?? Math.floor(this.#clock.now() / 1000);
  }

  /** @type {ChatSDK['on']} */
  on(eventName, handler, context) {
    this.#listen(eventName, handler, context, false);
  }

  /** @type {ChatSDK['once']} */
  once(eventName, handler, context) {
    this.#listen(eventName, handler, context, true);
  }

  /** @type {ChatSDK['off']} */
  off(eventName, handler, context) {
    this.#events.off(eventName, handler, context);
  }

  /** @type {ChatSDK['createTextMessage']} */
  createTextMessage(options) {
    return this.#account.ready().drafts.text(options);
  }

  /** @type {ChatSDK['createCustomMessage']} */
  createCustomMessage(options) {
    return this.#account.ready().drafts.custom(options);
  }

  /** @type {ChatSDK['sendMessage']} */
  sendMessage(message) {
    return this.#run((session) => session.history.send(/** @type {any} */ (message)));
  }

  /** @type {ChatSDK['getMessageList']} */
  getMessageList(options) {
    mustBeList(options);
    return this.#run((session) => session.history.list(options));
  }

  /** @type {ChatSDK['findMessage']} */
  findMessage(messageID) {
    return this.#account.session?.history.find(messageID) ?? null;
  }

  /** @type {ChatSDK['setMessageExtensions']} */
  setMessageExtensions(message, extensions) {
    mustBeExtensible(message);
    mustBePairs(extensions);
    return this.#run((session) => session.extensions.set(message, extensions));
  }

  /** @type {ChatSDK['getMessageExtensions']} */
  getMessageExtensions(message) {
    mustBeExtensible(message);
    return this.#run((session) => session.extensions.get(message));
  }

  /** @type {ChatSDK['deleteMessageExtensions']} */
  deleteMessageExtensions(message, keyList) {
    mustBeExtensible(message);
    mustBeKeys(keyList);
    return this.#run((session) => session.extensions.delete(message, keyList ?? []));
  }

  /** @type {ChatSDK['createGroup']} */
  createGroup(options) {
    mustBeNewGroup(options);
    return this.#run((session) => session.groups.create(options));
  }

  /** @type {ChatSDK['joinGroup']} */
  joinGroup(options) {
    mustBeGroup(options);
    return this.#run((session) => session.groups.join(options));
  }

  /** @type {ChatSDK['quitGroup']} */
  quitGroup(groupID) {
    mustBeGroupID(groupID);
    return this.#run((session) => session.groups.leave('quitGroup', groupID));
  }

  /** @type {ChatSDK['dismissGroup']} */
  dismissGroup(groupID) {
    mustBeGroupID(groupID);
    return this.#run((session) => session.groups.leave('dismissGroup', groupID));
  }

  /** @type {ChatSDK['getGroupMemberList']} */
  getGroupMemberList(options) {
    mustBePage(options);
    return this.#run((session) => session.groups.members(options));
  }

  /** @type {ChatSDK['addGroupMember']} */
  addGroupMember(options) {
    mustBeMembers(options);
    return this.#run((session) => session.groups.add(options));
  }

  /** @type {ChatSDK['deleteGroupMember']} */
  deleteGroupMember(options) {
    mustBeMembers(options);
    return this.#run((session) => session.groups.remove(options));
  }

  /**
   * @template T
   * @param {(session: import('./session.js').Session) => Promise<T>} run
   */
  async #run(run) {
    return { code: /** @type {0} */ (0), data: await run(this.#account.ready()) };
  }

  /**
   * @param {string} name
   * @param {any} handler
   * @param {unknown} context
   * @param {boolean} once
   */
  #listen(name, handler, context, once) {
    must(isText(name), 'eventName must be one of EVENT.');
    must(typeof handler === 'function', 'handler must be a function.');
    this.#events.on(name, handler, context, once);
  }
}
