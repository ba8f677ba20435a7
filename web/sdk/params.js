import { assert, isObject, isText } from './errors.js';

// What the parameters of methods must be. A check throws a sentence with the parameter's name.

/** @typedef {(value: any, name?: any) => void} Check */

/**
 * @param {(value: any) => unknown} test
 * @param {string} kind what the parameter must be
 * @returns {Check}
 */
const must = (test, kind) => (value, name) => assert(test(value), `${name} must be ${kind}.`);

/** @type {(check: Check) => Check} */
const optional = (check) => (value, name) => value == null || check(value, name);

/**
 * Checks an object by its fields. The one that a method gets has no name.
 *
 * @param {Record<string, Check>} fields
 * @returns {Check}
 */
const shape = (fields) => (value, name) => {
  object(value, name ?? 'options');
  for (const [field, check] of Object.entries(fields))
    check(value[field], name ? `${name}.${field}` : field);
};

/** @param {(item: any) => unknown} test of each item */
const listOf = (test) => (/** @type {any} */ value) => Array.isArray(value) && value.every(test);
const isString = (/** @type {unknown} */ value) => typeof value === 'string';
const isWhole = (/** @type {any} */ value) => Number.isInteger(value) && value >= 0;

const object = must(isObject, 'an object');
const string = must(isString, 'a string');
const text = must(isText, 'a string that is not empty');
const whole = must(isWhole, 'an integer, 0 or more');
const count = must((value) => isWhole(value) && value, 'an integer, 1 or more');
const users = must((value) => listOf(isText)(value) && value.length, 'an array of userIDs');
const conversation = must(
  (value) => isString(value) && /^(C2C|GROUP)./.test(value),
  '"C2C" and a userID, or "GROUP" and a groupID',
);

const members = shape({ groupID: text, userIDList: users });
const isMember = (/** @type {any} */ one) => isText(one?.userID);
const newMembers = must(listOf(isMember), 'an array of { userID }');

const sentMessage = must((message) => isText(message?.ID), 'a Message');
const success = must((status) => status === 'success', '"success": send it first');
const supported = must((support) => support === true, 'true: it was sent without');

/** @type {Check} */
const sent = (message) => {
  sentMessage(message, 'message');
  success(message.status, 'message.status');
};

/** @type {Check} */
const extensible = (message) => {
  sent(message);
  supported(message.isSupportExtension, 'message.isSupportExtension');
};

const pairs = must((value) => listOf(isObject)(value) && value.length, 'an array of 1 to 20 pairs');
const keys = must((value) => listOf(isString)(value ?? []), 'an array of strings');

const draft = (/** @type {Check} */ payload) =>
  shape({
    payload,
    to: text,
    conversationType: must(isText, 'TYPES.CONV_C2C or TYPES.CONV_GROUP'),
    cloudCustomData: optional(string),
    extensionRules: optional(object),
  });
export const textDraft = draft(shape({ text }));
export const customDraft = draft(
  shape({ data: optional(string), description: optional(string), extension: optional(string) }),
);

const event = must(isText, 'one of EVENT');
const callable = must((value) => typeof value === 'function', 'a function');

/** @type {Check} */
const listener = (eventName, handler) => {
  event(eventName, 'eventName');
  callable(handler, 'handler');
};

/** @typedef {Readonly<Record<string, (...parameters: any[]) => void>>} Checks by method */

/** @type {Checks} */
export const CHAT_CHECKS = Object.freeze({
  on: listener,
  once: listener,
  getMessageList: shape({
    conversationID: conversation,
    nextReqMessageID: optional(string),
    count: optional(count),
  }),
  revokeMessage: sent,
  setMessageExtensions(message, extensions) {
    extensible(message);
    pairs(extensions, 'extensions');
    for (const { key, value } of extensions) {
      string(key, 'The key of an extension');
      string(value, `The value of the extension "${key}"`);
    }
  },
  getMessageExtensions: extensible,
  deleteMessageExtensions(message, keyList) {
    extensible(message);
    keys(keyList, 'keyList');
  },
  getMessageExtensionSummary: extensible,
  closeMessageExtensions(message, options) {
    extensible(message);
    optional(whole)(options?.closeAt, 'closeAt');
  },
  createGroup: shape({
    name: text,
    type: optional(string),
    groupID: optional(string),
    memberList: optional(newMembers),
  }),
  joinGroup: shape({ groupID: text }),
  quitGroup: (groupID) => text(groupID, 'groupID'),
  dismissGroup: (groupID) => text(groupID, 'groupID'),
  getGroupMemberList: shape({ groupID: text, count: optional(count), offset: optional(whole) }),
  addGroupMember: members,
  deleteGroupMember: members,
});

/** @type {Checks} */
export const LIST_CHECKS = Object.freeze({
  getConversationProfile: (conversationID) => conversation(conversationID, 'conversationID'),
  setMessageRead: shape({ conversationID: conversation }),
  getUserProfile: shape({ userIDList: users }),
  updateMyProfile: shape({ nick: optional(string), avatar: optional(string) }),
  getGroupProfile: shape({ groupID: text }),
});

/**
 * Lets methods check their parameters, so that mistakes throw in the app's own stack.
 *
 * @param {any} methods
 * @param {Checks} checks
 */
export function checkParameters(methods, checks) {
  for (const [name, check] of Object.entries(checks)) {
    const run = methods[name];
    methods[name] = (/** @type {any[]} */ ...parameters) => {
      check(...parameters);
      return run(...parameters);
    };
  }
}
