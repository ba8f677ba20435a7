import { assert, assertOptions, assertString, isObject, isText } from './errors.js';

/** @param {any} message */
export function validateSent(message) {
  assert(isObject(message) && isText(message.ID), 'message must be a Message.');
  assert(message.status === 'success', 'message.status must be "success": send it first.');
}

/**
 * Checks the message of the three extension methods.
 *
 * @param {any} message
 */
export function validateMessage(message) {
  validateSent(message);
  assert(
    message.isSupportExtension === true,
    'message.isSupportExtension must be true: it was sent without.',
  );
}

/** @param {any} extensions */
export function validatePairs(extensions) {
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
export function validateKeys(keyList) {
  if (keyList === undefined || keyList === null) return;
  assert(
    Array.isArray(keyList) && keyList.every((key) => typeof key === 'string'),
    'keyList must be an array of strings.',
  );
}

/** @param {any} groupID */
export const validateGroupID = (groupID) =>
  assert(isText(groupID), 'groupID must be a string that is not empty.');

/** @param {any} options */
export function validateGroup(options) {
  assertOptions(options);
  validateGroupID(options.groupID);
}

/** @param {any} options */
export function validateNewGroup(options) {
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
export function validateMemberPage(options) {
  validateGroup(options);
  const { count = 15, offset = 0 } = options;
  assert(Number.isInteger(count) && count > 0, 'count must be an integer from 1 to 100.');
  assert(Number.isInteger(offset) && offset >= 0, 'offset must be an integer, 0 or more.');
}

/** @param {any} options */
export function validateMembers(options) {
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
export function validateMessagePage(options) {
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
