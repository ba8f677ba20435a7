import { Account } from './account.js';
import { EVENT } from './constants.js';
import { assert, isText } from './errors.js';
import { Events } from './events.js';
import {
  validateGroup,
  validateGroupID,
  validateKeys,
  validateMemberPage,
  validateMembers,
  validateMessage,
  validateMessagePage,
  validateNewGroup,
  validatePairs,
} from './params.js';

/**
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 */

/**
 * Chat is the object that the app holds. It checks parameters, so that mistakes throw in the app's
 * own stack, and leaves the work to the session.
 *
 * @implements {ChatSDK}
 */
export class Chat {
  #sdkAppID;
  #clock;
  #onDestroy;
  #events = new Events();
  #account;

  /**
   * @param {number} sdkAppID
   * @param {import('./session.js').Environment} environment
   * @param {() => void} onDestroy
   */
  constructor(sdkAppID, environment, onDestroy) {
    this.#sdkAppID = sdkAppID;
    this.#clock = environment.clock;
    this.#onDestroy = onDestroy;
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
    this.#onDestroy();
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
    this.#addListener(eventName, handler, context, false);
  }

  /** @type {ChatSDK['once']} */
  once(eventName, handler, context) {
    this.#addListener(eventName, handler, context, true);
  }

  /** @type {ChatSDK['off']} */
  off(eventName, handler, context) {
    this.#events.off(eventName, handler, context);
  }

  /** @type {ChatSDK['createTextMessage']} */
  createTextMessage(options) {
    return this.#account.requireSession().drafts.text(options);
  }

  /** @type {ChatSDK['createCustomMessage']} */
  createCustomMessage(options) {
    return this.#account.requireSession().drafts.custom(options);
  }

  /** @type {ChatSDK['sendMessage']} */
  sendMessage(message) {
    return this.#call((session) => session.history.send(/** @type {any} */ (message)));
  }

  /** @type {ChatSDK['getMessageList']} */
  getMessageList(options) {
    validateMessagePage(options);
    return this.#call((session) => session.history.list(options));
  }

  /** @type {ChatSDK['findMessage']} */
  findMessage(messageID) {
    return this.#account.session?.history.find(messageID) ?? null;
  }

  /** @type {ChatSDK['setMessageExtensions']} */
  setMessageExtensions(message, extensions) {
    validateMessage(message);
    validatePairs(extensions);
    return this.#call((session) => session.extensions.set(message, extensions));
  }

  /** @type {ChatSDK['getMessageExtensions']} */
  getMessageExtensions(message) {
    validateMessage(message);
    return this.#call((session) => session.extensions.get(message));
  }

  /** @type {ChatSDK['deleteMessageExtensions']} */
  deleteMessageExtensions(message, keyList) {
    validateMessage(message);
    validateKeys(keyList);
    return this.#call((session) => session.extensions.delete(message, keyList ?? []));
  }

  /** @type {ChatSDK['createGroup']} */
  createGroup(options) {
    validateNewGroup(options);
    return this.#call((session) => session.groups.create(options));
  }

  /** @type {ChatSDK['joinGroup']} */
  joinGroup(options) {
    validateGroup(options);
    return this.#call((session) => session.groups.join(options));
  }

  /** @type {ChatSDK['quitGroup']} */
  quitGroup(groupID) {
    validateGroupID(groupID);
    return this.#call((session) => session.groups.leave('quitGroup', groupID));
  }

  /** @type {ChatSDK['dismissGroup']} */
  dismissGroup(groupID) {
    validateGroupID(groupID);
    return this.#call((session) => session.groups.leave('dismissGroup', groupID));
  }

  /** @type {ChatSDK['getGroupMemberList']} */
  getGroupMemberList(options) {
    validateMemberPage(options);
    return this.#call((session) => session.groups.members(options));
  }

  /** @type {ChatSDK['addGroupMember']} */
  addGroupMember(options) {
    validateMembers(options);
    return this.#call((session) => session.groups.add(options));
  }

  /** @type {ChatSDK['deleteGroupMember']} */
  deleteGroupMember(options) {
    validateMembers(options);
    return this.#call((session) => session.groups.remove(options));
  }

  /**
   * @template T
   * @param {(session: import('./session.js').Session) => Promise<T>} run
   */
  async #call(run) {
    return { code: /** @type {0} */ (0), data: await run(this.#account.requireSession()) };
  }

  /**
   * @param {string} name
   * @param {any} handler
   * @param {unknown} context
   * @param {boolean} once
   */
  #addListener(name, handler, context, once) {
    assert(isText(name), 'eventName must be one of EVENT.');
    assert(typeof handler === 'function', 'handler must be a function.');
    this.#events.on(name, handler, context, once);
  }
}
