/**
 * @typedef {import('../sdk/index.js').ChatSDK} ChatSDK
 * @typedef {(event: { name: string, data: any }) => void} Handler
 */

/** Methods whose first argument may be a message. */
const ABOUT_MESSAGES = Object.freeze([
  'getMessageList',
  'revokeMessage',
  'setMessageExtensions',
  'getMessageExtensions',
  'deleteMessageExtensions',
  'getMessageExtensionSummary',
  'closeMessageExtensions',
]);

/**
 * Makes a chat fit for the engine of Tencent's UIs, @tencentcloud/chat-uikit-engine.
 *
 * The engine finds messages by the ID that they had as drafts. Here a message has another one once
 * it is sent, the hub's, by which everybody knows it: so what was just sent would stay unsent in
 * the engine's list. What this returns is the chat, but a message that was sent through it keeps
 * its first ID, in all that it gives and takes.
 *
 * @type {typeof import('./tencentui.js').forTencentUI}
 */
export function forTencentUI(chat) {
  const methods = /** @type {Record<string, any>} */ (/** @type {unknown} */ (chat));
  const ids = new SentIDs();
  /** @type {WeakMap<Handler, Handler>} what the chat got for a handler, as long as that is there */
  const handlers = new WeakMap();
  const ui = Object.create(chat);

  const shown = (/** @type {any} */ message) => {
    const first = ids.first(message?.ID);
    return first === undefined ? message : { ...message, ID: first };
  };
  const meant = (/** @type {any} */ message) => {
    const sent = ids.sent(message?.ID);
    return sent === undefined ? message : (chat.findMessage(sent) ?? { ...message, ID: sent });
  };
  const answer = (/** @type {any} */ { code, data }) => {
    if (data.message) return { code, data: { ...data, message: shown(data.message) } };
    const { messageList } = data;
    return { code, data: messageList ? { ...data, messageList: messageList.map(shown) } : data };
  };

  for (const name of ABOUT_MESSAGES) {
    ui[name] = (/** @type {any} */ subject, /** @type {any[]} */ ...rest) =>
      methods[name](meant(subject), ...rest).then(answer);
  }
  for (const name of ['sendMessage', 'resendMessage']) {
    ui[name] = async (/** @type {any} */ message, /** @type {any} */ options) => {
      const { ID } = message;
      const result = await methods[name](message, options);
      ids.note(ID, result.data.message.ID);
      return answer(result);
    };
  }
  ui.findMessage = (/** @type {string} */ ID) => shown(chat.findMessage(ids.sent(ID) ?? ID));

  const wrapped = (/** @type {Handler} */ handler) => {
    const known = handlers.get(handler);
    if (known) return known;
    /** @this {unknown} */
    const made = function ({ name, data }) {
      const first = ids.first(data?.messageID);
      const seen = Array.isArray(data) ? data.map(shown) : data;
      handler.call(this, {
        name,
        data: first === undefined ? seen : { ...data, messageID: first },
      });
    };
    handlers.set(handler, made);
    return made;
  };
  for (const name of ['on', 'once', 'off']) {
    ui[name] = (
      /** @type {string} */ event,
      /** @type {Handler} */ handler,
      /** @type {any} */ context,
    ) => methods[name](event, typeof handler === 'function' ? wrapped(handler) : handler, context);
  }
  return ui;
}

/** SentIDs knows both IDs of what was sent: that of the draft and the hub's. */
class SentIDs {
  /** @type {Map<string, string>} */
  _sent = new Map();
  /** @type {Map<string, string>} */
  _first = new Map();

  /**
   * @param {string} first
   * @param {string} sent
   */
  note(first, sent) {
    if (first === sent) return;
    this._sent.set(first, sent);
    this._first.set(sent, first);
  }

  /** @param {string} first */
  sent(first) {
    return this._sent.get(first);
  }

  /** @param {string} sent */
  first(sent) {
    return this._first.get(sent);
  }
}
