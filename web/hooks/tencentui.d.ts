import type { ChatSDK } from '../sdk/index.js';

/**
 * Makes a chat fit for the engine of Tencent's UIs for React and Vue,
 * `@tencentcloud/chat-uikit-engine`:
 *
 * ```js
 * TUIChatEngine.login({ chat: forTencentUI(chat), SDKAppID, userID, userSig });
 * ```
 *
 * The engine finds messages by the ID that they had before they were sent. So a message that was
 * sent through what this returns keeps that ID there: in answers, in lists and in events. To
 * anybody else, and to `chat` itself, it has the hub's.
 */
export declare function forTencentUI(chat: ChatSDK): ChatSDK;
