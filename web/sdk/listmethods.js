import { validateConversationID, validateGroup, validateProfile, validateUsers } from './params.js';

/**
 * @typedef {import('./lists.js').Lists} Lists
 * @typedef {<T>(run: (lists: Lists, userID: string) => Promise<T>) =>
 *   Promise<{ code: 0, data: T }>} Call
 */

/**
 * The methods about conversations, groups and profiles. Their work is in lists.js, which is loaded
 * when it is first needed: an app that only shows a poll never asks.
 *
 * @param {Call} call
 * @returns {import('./index.js').ListMethods}
 */
export const listMethods = (call) => ({
  getConversationList: (options) => call((lists) => lists.conversations(options)),
  getConversationProfile: (conversationID) => {
    validateConversationID(conversationID);
    return call((lists) => lists.conversation(conversationID));
  },
  setMessageRead: (options) => {
    validateConversationID(options?.conversationID);
    return call((lists) => lists.setRead(options));
  },
  getMyProfile: () => call(async (lists, userID) => (await lists.directory.profiles([userID]))[0]),
  getUserProfile: (options) => {
    validateUsers(options);
    return call((lists) => lists.directory.profiles(options.userIDList));
  },
  updateMyProfile: (options) => {
    validateProfile(options);
    return call((lists) => lists.directory.updateProfile(options));
  },
  getGroupList: () => call((lists) => lists.directory.groups()),
  getGroupProfile: (options) => {
    validateGroup(options);
    return call((lists) => lists.directory.group(options));
  },
});
