import { environmentOf } from './environment.js';
import { assert, isObject } from './errors.js';
import { serverAddress } from './server.js';
import { TencentChat } from './tencent.js';

/**
 * @typedef {import('./index.js').ChatSDK} ChatSDK
 */

/** @type {Map<number, ChatSDK>} */
const chats = new Map();

/** @type {typeof import('./index.js').default.create} */
export function create(options) {
  assert(isObject(options), 'create takes { SDKAppID }.');
  const { proxyServer } = options;
  const SDKAppID = +options.SDKAppID; // settings are often strings
  if (!SDKAppID) return /** @type {any} */ (null);
  const existing = chats.get(SDKAppID);
  if (existing) return existing;
  if (proxyServer !== undefined) serverAddress(proxyServer); // says at once what is wrong with it
  const made = new TencentChat(SDKAppID, environmentOf(options), () => {
    if (chats.get(SDKAppID) === chat) chats.delete(SDKAppID);
  });
  const chat = /** @type {ChatSDK} */ (/** @type {unknown} */ (made));
  chats.set(SDKAppID, chat);
  return chat;
}
