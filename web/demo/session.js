import { fetchUserSig } from './ticket.js';

/** The group of all who come in with a name. */
const GROUP = 'demo';
const GROUP_MISSING = 10010;
const ALREADY_MEMBER = 10013;
const GROUP_TAKEN = [10021, 10025];
const NO_GUESTS = 10004; // of a hub that was started without --guests

/**
 * Session is one person in the demo group. The SDK reconnects and catches up by itself. Handlers:
 * onState(state), onMessages(list), onRevoked(list), onClosed(messageID), onKicked(type).
 */
export class Session {
  /** The chat of the SDK, once somebody is signed in. Widgets share it. */
  chat;

  #handlers;
  #types;
  #unsent = null; // the last card that was made, until it is known to be sent

  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Signs in as a person, with a first ticket. Rejects with the hub's error, as all do. */
  async signIn({ userID }, { sdkAppID, userSig: first }) {
    const sdk = (await import('./sdk/index.js')).default;
    this.#types = sdk.TYPES;
    this.chat = this.#createChat(sdk, sdkAppID);
    // A function, because the first UserSig may have expired when the connection is lost later.
    const tickets = [first];
    const userSig = async () => tickets.pop() ?? (await fetchUserSig(userID)).userSig;
    await this.chat.login({ userID, userSig });
  }

  /** Joins the group under a name, or makes it if there is none. */
  async join({ name }) {
    await Promise.all([this.chat.updateMyProfile({ nick: name }), this.#join()]);
  }

  #createChat(sdk, SDKAppID) {
    const { EVENT } = sdk;
    const chat = sdk.create({ SDKAppID });
    const { onState, onMessages, onRevoked, onClosed, onKicked } = this.#handlers;
    chat.on(EVENT.NET_STATE_CHANGE, ({ data }) => onState(data.state));
    chat.on(EVENT.MESSAGE_RECEIVED, ({ data }) => onMessages(data.filter(isOurs)));
    chat.on(EVENT.MESSAGE_REVOKED, ({ data }) => onRevoked(data.filter(isOurs)));
    chat.on(EVENT.MESSAGE_EXTENSIONS_CLOSED, ({ data }) => onClosed(data.messageID));
    chat.on(EVENT.KICKED_OUT, ({ data }) => onKicked(data.type));
    return chat;
  }

  async #join() {
    const groupID = GROUP;
    try {
      await this.chat.joinGroup({ groupID });
    } catch (error) {
      if (error.code === ALREADY_MEMBER) return;
      if (error.code !== GROUP_MISSING) throw error;
      try {
        await this.#createGroup();
      } catch (lost) {
        if (!GROUP_TAKEN.includes(lost.code)) throw lost;
        await this.chat.joinGroup({ groupID }); // somebody made it since our first request
      }
    }
  }

  /** Makes the group, open to guests where the hub lets any in: so other pages can embed cards. */
  async #createGroup() {
    const group = { groupID: GROUP, name: 'Demo', type: this.#types.GRP_MEETING };
    try {
      await this.chat.createGroup({ ...group, guests: true });
    } catch (error) {
      if (error.code !== NO_GUESTS) throw error;
      await this.chat.createGroup(group);
    }
  }

  /**
   * Up to 15 messages before `next` (default: the newest), oldest first, and the next `next`, "" at
   * the beginning of the conversation.
   */
  async history(next) {
    const { data } = await this.chat.getMessageList({
      conversationID: `GROUP${GROUP}`,
      nextReqMessageID: next,
    });
    return { messages: data.messageList, next: data.isCompleted ? '' : data.nextReqMessageID };
  }

  /**
   * Sends a card and returns its message. If sending failed and the same card is sent once more, it
   * is the same message: the hub takes that once, also if it had arrived the first time.
   */
  async sendCard({ data, rules }) {
    if (this.#unsent?.payload.data !== data) {
      this.#unsent = this.chat.createCustomMessage({
        ...this.#toAll,
        payload: { data },
        isSupportExtension: true,
        extensionRules: rules,
      });
    }
    const message = await this.send(this.#unsent);
    this.#unsent = null;
    return message;
  }

  /** A message to everybody, to be sent. */
  draft(text) {
    return this.chat.createTextMessage({ ...this.#toAll, payload: { text } });
  }

  /** Sends a message, or sends it again: the hub takes it once. */
  async send(message) {
    return (await this.chat.sendMessage(message)).data.message;
  }

  get #toAll() {
    return { to: GROUP, conversationType: this.#types.CONV_GROUP };
  }

  /** Takes a message back, with all its pairs. */
  async revoke(message) {
    await this.chat.revokeMessage(message);
  }

  /** Signs out, if signed in. */
  async signOut() {
    await this.chat?.destroy();
  }
}

/** Whether a message is one of the room. */
const isOurs = ({ conversationID }) => conversationID === `GROUP${GROUP}`;
