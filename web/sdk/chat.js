import { loggedIn } from './account.js';
import { ChatSession } from './chatsession.js';
import { Client } from './client.js';
import * as CLIENT from './clientcodes.js';
import { ChatError, isText } from './errors.js';
import { CHAT_CHECKS, checkParameters } from './params.js';
import { GRP_WORK } from './typenames.js';

/**
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 * @typedef {import('./index.js').ListMethods} ListMethods
 */

/**
 * Chat is the object that an app holds: a client with which one also writes messages and manages
 * groups, and that fetches by itself what was missed. It checks parameters, so that mistakes throw
 * in the app's own stack.
 *
 * @extends {Client<ChatSession>}
 * @implements {Omit<ChatSDK, keyof import('./index.js').Absent | keyof ListMethods>}
 */
export class Chat extends Client {
  _clock;

  /**
   * @param {number} sdkAppID
   * @param {import('./environment.js').Environment} environment
   * @param {() => void} onDestroy
   */
  constructor(sdkAppID, environment, onDestroy) {
    super(sdkAppID, environment, ChatSession);
    this._clock = environment.clock;
    this._onDestroy = onDestroy;
    checkParameters(this, CHAT_CHECKS);
  }

  /**
   * @override
   * @type {ChatSDK['login']}
   */
  login = async (options) => {
    const { userID, userSig } = options ?? {};
    if (!isText(userID))
      throw new ChatError(CLIENT.NO_USER_ID, 'userID must be a string that is not empty.');
    if (!isText(userSig) && typeof userSig !== 'function') {
      throw new ChatError(
        CLIENT.NO_USER_SIG,
        'userSig must be a string, or a function that gives one.',
      );
    }
    const { session, isReady } = this._account;
    if (isReady && session?.userID === userID)
      return loggedIn('Already logged in.', { repeatLogin: true });
    if (session) {
      throw new ChatError(
        CLIENT.REPEAT_LOGIN,
        `${session.userID} is logged in or about to be: log out first.`,
      );
    }
    return this._account.login(options);
  };

  getServerTime = () =>
    this._account.session?.serverTime() ?? Math.floor(this._clock.time() / 1000);

  // Apps of Tencent's SDK call these first. There is no log and there are no plugins, so there is
  // nothing to do.
  setLogLevel() {}
  registerPlugin() {}
  unregisterPlugin() {}

  /** @type {ChatSDK['createTextMessage']} */
  createTextMessage = (options) => this._account.requireSession().drafts.text(options);

  /** @type {ChatSDK['createCustomMessage']} */
  createCustomMessage = (options) => this._account.requireSession().drafts.custom(options);

  /** @type {ChatSDK['sendMessage']} */
  sendMessage = (message) =>
    this._call((session) => session.history.send(/** @type {any} */ (message)));

  /** @type {ChatSDK['resendMessage']} */
  resendMessage = (message) => this.sendMessage(message);

  /** @type {ChatSDK['revokeMessage']} */
  revokeMessage = (message) =>
    this._call((session) => session.history.revoke(/** @type {any} */ (message)));

  /** @type {ChatSDK['createGroup']} */
  createGroup = ({ name, type = GRP_WORK, groupID, guests, memberList }) =>
    this._call((session) =>
      session.call('createGroup', { name, type, groupID, guests, memberList }),
    );

  /** @type {ChatSDK['quitGroup']} */
  quitGroup = (groupID) => this._call((session) => session.call('quitGroup', { groupID }));

  /** @type {ChatSDK['dismissGroup']} */
  dismissGroup = (groupID) => this._call((session) => session.call('dismissGroup', { groupID }));

  /** @type {ChatSDK['getGroupMemberList']} */
  getGroupMemberList = ({ count = 15, ...options }) =>
    this._call((session) => {
      const params = { ...options, count: Math.min(count, 100) };
      return session.call('getGroupMemberList', params, { retry: true });
    });

  /** @type {ChatSDK['addGroupMember']} */
  addGroupMember = ({ groupID, userIDList }) =>
    this._call((session) => session.call('addGroupMember', { groupID, userIDList }));

  /** @type {ChatSDK['deleteGroupMember']} */
  deleteGroupMember = ({ groupID, userIDList }) =>
    this._call((session) => session.call('deleteGroupMember', { groupID, userIDList }));
}
