import TencentCloudChat from '/sdk/index.js';

const GROUP = 'demo';
const { EVENT, TYPES } = TencentCloudChat;
const GROUP_MISSING = 10010;
const ALREADY_MEMBER = 10013;
const GROUP_TAKEN = [10021, 10025];

/** Thrown if the hub cannot be asked for a UserSig; message is a sentence for people. */
class SignInError extends Error {}

/**
 * One person in the demo group. Handlers: net(state), messages(list), updated({messageID, extensions}),
 * deleted({messageID, keyList}), kicked(type). The SDK reconnects and catches up by itself; this only knows the group.
 */
export class Session {
  #chat;
  #handlers;

  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Signs in under the name and joins the group, which the first to come creates. Rejects with what the hub said. */
  async signIn(name) {
    const { sdkAppID } = await fetchUserSig(name);
    this.#chat ??= this.#createChat(sdkAppID);
    // A function, not a string: hours later, after a lost connection, the first UserSig may have expired.
    await this.#chat.login({
      userID: name,
      userSig: async () => (await fetchUserSig(name)).userSig,
    });
    await this.#join();
  }

  #createChat(SDKAppID) {
    const chat = TencentCloudChat.create({ SDKAppID });
    const { onState, onMessages, onUpdated, onDeleted, onKicked } = this.#handlers;
    chat.on(EVENT.NET_STATE_CHANGE, ({ data }) => onState(data.state));
    chat.on(EVENT.MESSAGE_RECEIVED, ({ data }) => onMessages(data));
    chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }) => onUpdated(data));
    chat.on(EVENT.MESSAGE_EXTENSIONS_DELETED, ({ data }) => onDeleted(data));
    chat.on(EVENT.KICKED_OUT, ({ data }) => onKicked(data.type));
    return chat;
  }

  async #join() {
    const groupID = GROUP;
    try {
      await this.#chat.joinGroup({ groupID });
    } catch (error) {
      if (error.code === ALREADY_MEMBER) return;
      if (error.code !== GROUP_MISSING) throw error;
      try {
        await this.#chat.createGroup({ groupID, name: 'Demo', type: TYPES.GRP_MEETING });
      } catch (lost) {
        if (!GROUP_TAKEN.includes(lost.code)) throw lost;
        await this.#chat.joinGroup({ groupID }); // somebody else made it between our two requests
      }
    }
  }

  /** Up to 15 messages, oldest first, before `next` (absent: the latest), and where to go on ("" at the beginning). */
  async history(next) {
    const { data } = await this.#chat.getMessageList({
      conversationID: `GROUP${GROUP}`,
      nextReqMessageID: next,
    });
    return { messages: data.messageList, next: data.isCompleted ? '' : data.nextReqMessageID };
  }

  /** Sends a card and returns its message. */
  async send(data) {
    const chat = this.#chat;
    const message = chat.createCustomMessage({
      to: GROUP,
      conversationType: TYPES.CONV_GROUP,
      payload: { data },
      isSupportExtension: true,
    });
    return (await chat.sendMessage(message)).data.message;
  }

  /** All pairs of a message, as a Map. */
  async pairs(message) {
    const { data } = await this.#chat.getMessageExtensions(message);
    return new Map(data.extensions.map(({ key, value }) => [key, value]));
  }

  /** Sets one pair. Returns the conflict {key, value}, with the value as it is now ("" if gone), or undefined if it was set. */
  async set(message, key, value) {
    const { data } = await this.#chat.setMessageExtensions(message, [{ key, value }]);
    return data.extensions.find(({ code }) => code !== 0);
  }

  /** Deletes one pair; returns as set does. */
  async remove(message, key) {
    const { data } = await this.#chat.deleteMessageExtensions(message, [key]);
    return data.extensions.find(({ code }) => code !== 0);
  }

  /** Deletes all pairs of a message. */
  async clear(message) {
    await this.#chat.deleteMessageExtensions(message);
  }

  /** Signs out, if signed in. */
  async signOut() {
    await this.#chat?.logout();
  }
}

/** Asks the hub, which hands out UserSigs in demo mode only, who this name is. */
async function fetchUserSig(name) {
  let response;
  try {
    response = await fetch(`/demo/usersig?user=${encodeURIComponent(name)}`);
  } catch {
    throw new SignInError('The hub cannot be reached. Is it running?');
  }
  if (response.status === 404)
    throw new SignInError('This hub does not run the demo: start it with --demo.');
  if (!response.ok)
    throw new SignInError(
      `The hub refused this name: ${(await response.text()).trim() || response.statusText}`,
    );
  return response.json();
}
