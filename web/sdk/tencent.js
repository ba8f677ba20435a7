import { addAbsentMethods } from './absent.js';
import { Chat } from './chat.js';
import { EVENT } from './names.js';
import { checkParameters, LIST_CHECKS } from './params.js';

/**
 * @typedef {import('./index.js').ListMethods} ListMethods
 */

/**
 * Methods that answer with less than Tencent's do of a group or its members: it is added. Not to
 * joinGroup's, with which a page with a poll begins: it would wait for one more file.
 */
const DESCRIBED = ['createGroup', 'getGroupMemberList', 'addGroupMember', 'deleteGroupMember'];

/**
 * TencentChat is the chat of an app that may have been written for Tencent's SDK: a Chat with
 * every method of theirs, those that are not built included, and with a warning for an event of
 * which neither has heard.
 *
 * The work of the methods about conversations, groups and profiles is in lists.js, which is loaded
 * when it is first needed: an app that only shows a poll never asks.
 *
 * @implements {ListMethods}
 */
export class TencentChat extends Chat {
  /** @param {ConstructorParameters<typeof Chat>} options */
  constructor(...options) {
    super(...options);
    this._account.loadLists = () => import('./lists.js');
    checkParameters(this, LIST_CHECKS);
    for (const name of DESCRIBED) {
      const run = /** @type {any} */ (this)[name];
      /** @type {any} */ (this)[name] = (/** @type {any} */ asked) =>
        run(asked).then((/** @type {any} */ answer) =>
          // Where lists.js can't be loaded the answer stays as it is: what was done is done.
          this._callLists(({ directory }) => directory.describe(asked, answer.data)).catch(
            () => answer,
          ),
        );
    }
  }

  /** @type {ListMethods['getConversationList']} */
  getConversationList = (options) => this._callLists((lists) => lists.conversations(options));

  /** @type {ListMethods['getConversationProfile']} */
  getConversationProfile = (conversationID) =>
    this._callLists((lists) => lists.conversation(conversationID));

  /** @type {ListMethods['setMessageRead']} */
  setMessageRead = (options) => this._callLists((lists) => lists.setRead(options));

  /** @type {ListMethods['getMyProfile']} */
  getMyProfile = () => this._callLists(({ directory }) => directory.ownProfile());

  /** @type {ListMethods['getUserProfile']} */
  getUserProfile = ({ userIDList }) =>
    this._callLists(({ directory }) => directory.profiles(userIDList));

  /** @type {ListMethods['updateMyProfile']} */
  updateMyProfile = (options) =>
    this._callLists(({ directory }) => directory.updateProfile(options));

  /** @type {ListMethods['getGroupList']} */
  getGroupList = () => this._callLists(({ directory }) => directory.groups());

  /** @type {ListMethods['getGroupProfile']} */
  getGroupProfile = (options) => this._callLists(({ directory }) => directory.group(options));

  /**
   * @template T
   * @param {(lists: import('./lists.js').Lists) => Promise<T>} run
   */
  _callLists(run) {
    return this._call(async (session) => run(await session.lists()));
  }

  /**
   * @override
   * @param {string} name
   * @param {any} handler
   * @param {unknown} context
   * @param {boolean} once
   */
  _addListener(name, handler, context, once) {
    super._addListener(name, handler, context, once);
    if (this.isReady()) this._account.session?.onListen(name);
    if (!Object.values(/** @type {Record<string, string>} */ (EVENT)).includes(name))
      console.warn(`There is no event "${name}". EVENT has those there are.`);
  }
}

addAbsentMethods(TencentChat.prototype);
