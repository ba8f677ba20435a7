import { assert, assertOptions, assertString, isObject, isText } from './errors.js';

/** @param {any} message */
function validateSent(message) {
  assert(isObject(message) && isText(message.ID), 'message must be a Message.');
  assert(message.status === 'success', 'message.status must be "success": send it first.');
}

/**
 * Checks the message of the three extension methods.
 *
 * @param {any} message
 */
function validateMessage(message) {
  validateSent(message);
  assert(
    message.isSupportExtension === true,
    'message.isSupportExtension must be true: it was sent without.',
  );
}

/** @param {any} extensions */
function validatePairs(extensions) {
  assert(
    Array.isArray(extensions) && extensions.length > 0,
    'extensions must be an array of 1 to 20 pairs.',
  );
  for (const pair of extensions) {
    assert(
      isObject(pair) && typeof pair.key === 'string',
      'The key of an extension must be a string.',
    );
    assertString(pair.value, `The value of the extension "${pair.key}"`);
  }
}

/** @param {any} keyList */
function validateKeys(keyList) {
  if (keyList === undefined || keyList === null) return;
  assert(
    Array.isArray(keyList) && keyList.every((key) => typeof key === 'string'),
    'keyList must be an array of strings.',
  );
}

/** @param {any} groupID */
const validateGroupID = (groupID) =>
  assert(isText(groupID), 'groupID must be a string that is not empty.');

/** @param {any} options */
export function validateGroup(options) {
  assertOptions(options);
  validateGroupID(options.groupID);
}

/** @param {any} options */
function validateNewGroup(options) {
  assertOptions(options);
  const { name, type = '', groupID = '', memberList = [] } = options;
  assert(isText(name), 'name must be a string that is not empty.');
  assert(typeof type === 'string', 'type must be one of TYPES.GRP_*.');
  assertString(groupID, 'groupID');
  assert(
    Array.isArray(memberList) && memberList.every((one) => isText(one?.userID)),
    'memberList must be an array of { userID }.',
  );
}

/** @param {any} options */
function validateMemberPage(options) {
  validateGroup(options);
  const { count = 15, offset = 0 } = options;
  assert(Number.isInteger(count) && count > 0, 'count must be an integer from 1 to 100.');
  assert(Number.isInteger(offset) && offset >= 0, 'offset must be an integer, 0 or more.');
}

/** @param {any} options */
function validateMembers(options) {
  validateGroup(options);
  validateUsers(options);
}

/** @param {any} options */
export function validateUsers(options) {
  const userIDList = options?.userIDList;
  assert(
    Array.isArray(userIDList) && userIDList.length > 0 && userIDList.every(isText),
    'userIDList must be an array of userIDs.',
  );
}

/**
 * Checks the parameters of getMessageList.
 *
 * @param {any} options
 */
function validateMessagePage(options) {
  const { conversationID, nextReqMessageID = '', count = 15 } = options ?? {};
  validateConversationID(conversationID);
  assertString(nextReqMessageID, 'nextReqMessageID');
  assert(Number.isInteger(count) && Number(count) > 0, 'count must be an integer from 1 to 15.');
}

/** @param {any} options */
export function validateProfile(options) {
  assertOptions(options);
  const { nick = '', avatar = '' } = options;
  assertString(nick, 'nick');
  assertString(avatar, 'avatar');
}

/** @param {any} conversationID */
export const validateConversationID = (conversationID) =>
  assert(
    isText(conversationID) && /^(C2C|GROUP)./.test(conversationID),
    'conversationID must be "C2C" and a userID, or "GROUP" and a groupID.',
  );

/**
 * @param {any} eventName
 * @param {any} handler
 */
function validateListener(eventName, handler) {
  assert(isText(eventName), 'eventName must be one of EVENT.');
  assert(typeof handler === 'function', 'handler must be a function.');
}

/**
 * The checks of a chat's methods, which get the same parameters.
 *
 * @type {Readonly<Record<string, (...parameters: any[]) => void>>}
 */
export const CHECKS = Object.freeze({
  on: validateListener,
  once: validateListener,
  getMessageList: validateMessagePage,
  revokeMessage: validateSent,
  setMessageExtensions(message, extensions) {
    validateMessage(message);
    validatePairs(extensions);
  },
  getMessageExtensions: validateMessage,
  deleteMessageExtensions(message, keyList) {
    validateMessage(message);
    validateKeys(keyList);
  },
  getMessageExtensionSummary: validateMessage,
  closeMessageExtensions(message, options) {
    validateMessage(message);
    const closeAt = options?.closeAt;
    assert(
      closeAt === undefined || (Number.isInteger(closeAt) && closeAt >= 0),
      'closeAt must be a time in Unix seconds, or 0.',
    );
  },
  createGroup: validateNewGroup,
  joinGroup: validateGroup,
  quitGroup: validateGroupID,
  dismissGroup: validateGroupID,
  getGroupMemberList: validateMemberPage,
  addGroupMember: validateMembers,
  deleteGroupMember: validateMembers,
});
