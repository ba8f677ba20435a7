import { Account } from './account.js';
import * as EVENT from './eventnames.js';
import { Events } from './events.js';

/**
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 */

/**
 * Client is what one needs of a chat to follow messages: a login, messages and their pairs, and the
 * events about them. Widgets use it as it is; apps get a Chat. It leaves the work to the session,
 * and the checking of parameters to the hub.
 *
 * Its methods are bound to it: frameworks put what an app holds into a Proxy, and a method that is
 * called on that would see all the rest of the SDK through proxies too, where nothing is itself.
 *
 * @template {import('./session.js').Session} S
 */
export class Client {
  _sdkAppID;
  _events = new Events();
  _account;
  _onDestroy = () => {};

  /**
   * @param {number} sdkAppID
   * @param {import('./environment.js').Environment} environment
   * @param {new (...login: import('./session.js').Parameters) => S} Session
   */
  constructor(sdkAppID, environment, Session) {
    this._sdkAppID = sdkAppID;
    this._account = new Account(sdkAppID, environment, this._events, Session);
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
    this._events.off(eventName, /** @type {any} */ (handler), context);
  };

  /** @type {ChatSDK['joinGroup']} */
  joinGroup = (options) => this._call((session) => session.join(options));

  /** @type {ChatSDK['findMessage']} */
  findMessage = (messageID) => this._account.session?.messages.find(messageID) ?? null;

  /** @type {ChatSDK['getMessageList']} */
  getMessageList = (options) => this._call((session) => session.list(options));

  /** @type {ChatSDK['setMessageExtensions']} */
  setMessageExtensions = (message, extensions, options) =>
    this._call((session) => session.extensions.set(message, extensions, options?.atomic));

  /** @type {ChatSDK['getMessageExtensions']} */
  getMessageExtensions = (message) => this._call((session) => session.extensions.get(message));

  /** @type {ChatSDK['deleteMessageExtensions']} */
  deleteMessageExtensions = (message, keyList) =>
    this._call((session) => session.extensions.delete(message, keyList ?? []));

  /** @type {ChatSDK['getMessageExtensionSummary']} */
  getMessageExtensionSummary = (message) => this._call((session) => session.summary(message));

  /** @type {ChatSDK['closeMessageExtensions']} */
  closeMessageExtensions = (message, options) =>
    this._call((session) => session.closeExtensions(message, options?.closeAt));

  /**
   * @template T
   * @param {(session: S) => Promise<T>} run
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
    this._events.on(name, handler, context, once);
  }
}
