import * as CLIENT from './clientcodes.js';

/** The hub's code for somebody who is not in the conversation. */
export const NOT_A_MEMBER = 10007;

/** ChatError is what every promise of the SDK is rejected with. */
export class ChatError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   * @param {Record<string, any>} [data]
   */
  constructor(code, message, data = {}) {
    super(message);
    this.name = 'ChatError';
    this.code = code;
    this.data = data;
  }
}

/**
 * Whether the hub or the network is in trouble, not the request: the same call may succeed later.
 *
 * @param {unknown} error
 */
export const isTransient = (error) =>
  error instanceof ChatError &&
  [CLIENT.LOST, CLIENT.TIMEOUT, CLIENT.OFFLINE, 10002, 10006, 60007].includes(error.code);

/**
 * Whether a call that failed may have been done all the same.
 *
 * @param {unknown} error
 */
export const mayBeDone = (error) =>
  error instanceof ChatError && [CLIENT.LOST, CLIENT.TIMEOUT, 10002].includes(error.code);

/**
 * Whether the hub said no for good: the conversation or the message is not there, or not for this
 * user. An error of the SDK's own, or the end of the session, says nothing about them.
 *
 * @param {unknown} error
 * @returns {error is ChatError}
 */
export const isRefusal = (error) =>
  error instanceof ChatError && error.code >= 10_000 && !isTransient(error);

/**
 * Whether the hub refused because the message was revoked. The error's data has the revoker.
 *
 * @param {unknown} error
 * @returns {error is ChatError}
 */
export const isRevoked = (error) => error instanceof ChatError && error.code === 20_023;

/**
 * Throws at once, in the caller's own stack, because a bad parameter is a mistake in the program.
 * The text starts as Tencent's does, then says what is wrong.
 *
 * @type {(ok: unknown, sentence: string) => asserts ok}
 */
export const assert = (ok, sentence) => {
  if (!ok) throw new Error(`Params validate failed. ${sentence}`);
};

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export const isObject = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param {unknown} value
 * @returns {value is string}
 */
export const isText = (value) => typeof value === 'string' && value !== '';
