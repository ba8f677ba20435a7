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
  validateSent,
} from './params.js';

/**
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 * @typedef {import('./index.js').ListMethods} ListMethods
 */

/**
 * Chat is the object that the app holds. It checks parameters, so that mistakes throw in the app's
 * own stack, and leaves the work to the session.
 *
 * Its methods are bound to it: frameworks put what an app holds into a Proxy, and a method that is
 * called on that would see all the rest of the SDK through proxies too, where nothing is itself.
 *
 * @implements {Omit<ChatSDK, keyof import('./index.js').Absent | keyof ListMethods>}
 */
export class Chat {
  _sdkAppID;
  _clock;
  _onDestroy;
  _events = new Events();
  _account;

  /**
   * @param {number} sdkAppID
   * @param {import('./environment.js').Environment} environment
   * @param {() => void} onDestroy
   */
  constructor(sdkAppID, environment, onDestroy) {
    this._sdkAppID = sdkAppID;
    this._clock = environment.clock;
    this._onDestroy = onDestroy;
    this._account = new Account(sdkAppID, environment, this._events);
  }

  /** @type {ChatSDK['login']} */
  login = (options) => this._account.login(options);

  /** @type {ChatSDK['logout']} */
  logout = async () => {
    await this._account.logout();
    return { code: 0, data: {} };
  };

  /** @type {ChatSDK['destroy']} */
  destroy = async () => {
    this._onDestroy(); // first, so that create makes another one from now on
    await this._account.logout();
    this._events.emit(EVENT.SDK_DESTROY, { SDKAppID: this._sdkAppID });
    this._events.clear();
  };

  isReady = () => this._account.isReady;

  getLoginUser = () => this._account.session?.userID ?? '';

  getServerTime = () =>
    this._account.session?.serverTime() ?? Math.floor(this._clock.time() / 1000);

  // Apps of Tencent's SDK call these first. There is no log and there are no plugins, so there is
  // nothing to do.
  setLogLevel() {}
  registerPlugin() {}
  unregisterPlugin() {}

  /** @type {ChatSDK['on']} */
  on = (eventName, handler, context) => {
    this._addListener(eventName, handler, context, false);
  };

  /** @type {ChatSDK['once']} */
  once = (eventName, handler, context) => {
    this._addListener(eventName, handler, context, true);
  };

  /** @type {ChatSDK['off']} */
  off = (eventName, handler, context) => {
    this._events.off(eventName, handler, context);
  };

  /** @type {ChatSDK['createTextMessage']} */
  createTextMessage = (options) => this._account.requireSession().drafts.text(options);

  /** @type {ChatSDK['createCustomMessage']} */
  createCustomMessage = (options) => this._account.requireSession().drafts.custom(options);

  /** @type {ChatSDK['sendMessage']} */
  sendMessage = (message) =>
    this._call((session) => session.history.send(/** @type {any} */ (message)));

  /** @type {ChatSDK['resendMessage']} */
  resendMessage = (message) => this.sendMessage(message);

  /** @type {ChatSDK['getMessageList']} */
  getMessageList = (options) => {
    validateMessagePage(options);
    return this._call((session) => session.history.list(options));
  };

  /** @type {ChatSDK['revokeMessage']} */
  revokeMessage = (message) => {
    validateSent(message);
    return this._call((session) => session.history.revoke(/** @type {any} */ (message)));
  };

  /** @type {ChatSDK['findMessage']} */
  findMessage = (messageID) => this._account.session?.history.find(messageID) ?? null;

  /** @type {ChatSDK['setMessageExtensions']} */
  setMessageExtensions = (message, extensions, options) => {
    validateMessage(message);
    validatePairs(extensions);
    return this._call((session) => session.extensions.set(message, extensions, options?.atomic));
  };

  /** @type {ChatSDK['getMessageExtensions']} */
  getMessageExtensions = (message) => {
    validateMessage(message);
    return this._call((session) => session.extensions.get(message));
  };

  /** @type {ChatSDK['deleteMessageExtensions']} */
  deleteMessageExtensions = (message, keyList) => {
    validateMessage(message);
    validateKeys(keyList);
    return this._call((session) => session.extensions.delete(message, keyList ?? []));
  };

  /** @type {ChatSDK['getMessageExtensionSummary']} */
  getMessageExtensionSummary = (message) => {
    validateMessage(message);
    return this._call((session) => session.polls.summary(/** @type {any} */ (message)));
  };

  /** @type {ChatSDK['closeMessageExtensions']} */
  closeMessageExtensions = (message, options) => {
    validateMessage(message);
    const closeAt = options?.closeAt;
    assert(
      closeAt === undefined || (Number.isInteger(closeAt) && closeAt >= 0),
      'closeAt must be a time in Unix seconds, or 0.',
    );
    return this._call((session) => session.polls.close(/** @type {any} */ (message), closeAt));
  };

  /** @type {ChatSDK['createGroup']} */
  createGroup = (options) => {
    validateNewGroup(options);
    return this._call((session) => session.groups.create(options));
  };

  /** @type {ChatSDK['joinGroup']} */
  joinGroup = (options) => {
    validateGroup(options);
    return this._call((session) => session.groups.join(options));
  };

  /** @type {ChatSDK['quitGroup']} */
  quitGroup = (groupID) => {
    validateGroupID(groupID);
    return this._call((session) => session.groups.leave('quitGroup', groupID));
  };

  /** @type {ChatSDK['dismissGroup']} */
  dismissGroup = (groupID) => {
    validateGroupID(groupID);
    return this._call((session) => session.groups.leave('dismissGroup', groupID));
  };

  /** @type {ChatSDK['getGroupMemberList']} */
  getGroupMemberList = (options) => {
    validateMemberPage(options);
    return this._call((session) => session.groups.members(options));
  };

  /** @type {ChatSDK['addGroupMember']} */
  addGroupMember = (options) => {
    validateMembers(options);
    return this._call((session) => session.groups.add(options));
  };

  /** @type {ChatSDK['deleteGroupMember']} */
  deleteGroupMember = (options) => {
    validateMembers(options);
    return this._call((session) => session.groups.remove(options));
  };

  /**
   * @template T
   * @param {(session: import('./session.js').Session) => Promise<T>} run
   */
  async _call(run) {
    return { code: /** @type {0} */ (0), data: await run(this._account.requireSession()) };
  }

  /**
   * @param {string} name
   * @param {any} handler
   * @param {unknown} context
   * @param {boolean} once
   */
  _addListener(name, handler, context, once) {
    assert(isText(name), 'eventName must be one of EVENT.');
    assert(typeof handler === 'function', 'handler must be a function.');
    this._events.on(name, handler, context, once);
  }
}
