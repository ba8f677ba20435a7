import { Directory } from './directory.js';
import { toConversation, toGroup, toLastMessage } from './shapes.js';
import { Unread } from './unread.js';

/** @typedef {ReturnType<typeof toConversation>} Conversation */

/** Milliseconds between two events of a list. */
const EVENT_MS = 200;
/** Pages that a list of conversations has at most, of 50 each. */
const MAX_PAGES = 20;

const CONVERSATIONS = 'onConversationListUpdated';
const GROUPS = 'onGroupListUpdated';

/**
 * Lists holds the lists of conversations and groups, from when the app first asks for one or
 * listens to its event, and keeps them current. Nothing here is imported from the core: so what is
 * packed is two files, of which a page without lists loads one.
 */
export class Lists {
  directory;
  _session;
  _clock;
  /**
   * By conversationID, the one with the newest message last; null if nobody has asked.
   *
   * @type {Map<string, Conversation> | null}
   */
  _conversations = null;
  _unread = new Unread();
  /** @type {Promise<void> | null} */
  _loading = null;
  /** @type {import('./message.js').Message[] | null} what came while the list was fetched */
  _during = null;
  /** @type {Set<string>} the events that are about to be told */
  _due = new Set();
  /** @type {Map<string, string>} own messages to be marked as read, by conversationID */
  _own = new Map();

  /**
   * @param {import('./chatsession.js').ChatSession} session
   * @param {import('./rpc.js').Clock} clock
   */
  constructor(session, clock) {
    this.directory = new Directory(session);
    this._session = session;
    this._clock = clock;
  }

  /**
   * The app listens to this event from now on.
   *
   * @param {string} name
   */
  onListen(name) {
    if (name === GROUPS) this.groupsChanged();
    else if (!this._conversations) this._load().then(() => this._tell(name), report);
  }

  /** @param {any} [options] conversationIDs, or what the conversations must be */
  async conversations(options = {}) {
    await this._load();
    await this.directory.introduce(this._sorted()); // those that came since
    const { type, hasUnreadCount } = options;
    const conversationList = this._sorted().filter((one) =>
      Array.isArray(options)
        ? options.includes(one.conversationID)
        : [undefined, one.type].includes(type) &&
          [undefined, one.unreadCount > 0].includes(hasUnreadCount),
    );
    return { conversationList, isSyncCompleted: true };
  }

  /** @param {string} conversationID */
  async conversation(conversationID) {
    await this._load();
    const conversation = this._conversations?.get(conversationID) ?? toConversation(conversationID);
    await this.directory.introduce([conversation]);
    return { conversation };
  }

  /** @param {{ conversationID: string }} options */
  async setRead({ conversationID }) {
    await this._load();
    const conversation = this._conversations?.get(conversationID);
    const messageID = conversation?.lastMessage.ID;
    if (conversation && messageID && conversation.unreadCount) {
      await this._session.call('setMessageRead', { messageID }, { retry: true });
      conversation.unreadCount = 0;
      this._tell(CONVERSATIONS);
    }
    return { conversationID };
  }

  /** @param {import('./message.js').Message} message sent here: who writes has read the others */
  onSent(message) {
    const conversation = this._conversations?.get(message.conversationID);
    if (conversation) conversation.unreadCount = 0;
    this.onMessages([message]);
  }

  /**
   * Moves conversations on.
   *
   * @param {import('./message.js').Message[]} messages that came, were sent or were revoked
   */
  onMessages(messages) {
    this._during?.push(...messages);
    for (const message of messages) this._onMessage(message);
  }

  /**
   * The user has read a conversation, in this session or another one.
   *
   * @param {{ conversationID: string, readSequence: number }} mark
   */
  onRead({ conversationID, readSequence }) {
    this._unread.onRead(conversationID, readSequence);
    const conversation = this._conversations?.get(conversationID);
    if (conversation && this._unread.recount(conversation)) this._tell(CONVERSATIONS);
  }

  /** A group was joined or left, or may have been. */
  groupsChanged() {
    if (this._session.listens(GROUPS)) this._tell(GROUPS);
  }

  /** @param {string} groupID */
  onLeft(groupID) {
    this.groupsChanged();
    if (this._conversations?.delete('GROUP' + groupID)) this._tell(CONVERSATIONS);
  }

  /** Reads anew what may have changed while there was no connection. */
  refresh() {
    this.groupsChanged();
    if (!this._conversations) return;
    this._fetch().then(() => this._tell(CONVERSATIONS), report);
  }

  /** @param {import('./message.js').Message} message */
  _onMessage(message) {
    const { ID, conversationID, flow, isRevoked } = message;
    if (!this._conversations || !conversationID) return;
    const known = this._conversations.get(conversationID);
    const last = known?.lastMessage;
    if (last?.ID !== ID && (isRevoked || isOlder(message, last))) return;
    const conversation = known ?? toConversation(conversationID);
    if (last?.ID !== ID) {
      this._conversations.delete(conversationID); // to the end
      this._conversations.set(conversationID, conversation);
      this._unread.onMessage(message);
      if (flow === 'in') conversation.unreadCount++;
      else if (!conversation.unreadCount) this._own.set(conversationID, ID);
    }
    conversation.lastMessage = toLastMessage(message);
    this._tell(CONVERSATIONS);
  }

  _load() {
    if (this._conversations) return Promise.resolve();
    this._loading ??= this._fetch().finally(() => (this._loading = null));
    return this._loading;
  }

  async _fetch() {
    /** @type {Conversation[]} */
    const conversations = [];
    /** @type {Map<string, number>} */
    const numbers = new Map();
    this._during ??= [];
    this._unread.begin();
    let cursor = '';
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const params = { cursor, count: 50 };
      const page = await this._session.call('getConversationList', params, { retry: true });
      for (const wire of page.conversationList) {
        const conversation = toConversation(wire.conversationID);
        conversation.unreadCount = wire.lastSequence - wire.readSequence;
        numbers.set(wire.conversationID, wire.lastSequence);
        if (wire.group) conversation.groupProfile = toGroup(wire.group, this._session.userID);
        if (wire.lastMessage) conversation.lastMessage = toLastMessage(wire.lastMessage);
        const { fromAccount, ID } = conversation.lastMessage;
        if (fromAccount === this._session.userID && conversation.unreadCount) {
          conversation.unreadCount = 0; // who sends has read, also before this list was there
          this._own.set(wire.conversationID, ID);
        }
        conversations.push(conversation);
      }
      if (page.isCompleted) break;
      cursor = page.nextCursor;
    }
    await this.directory.introduce(conversations);
    this._conversations = new Map(conversations.reverse().map((one) => [one.conversationID, one]));
    this._unread.replace(numbers);
    const during = this._during;
    this._during = null;
    for (const message of during ?? []) this._onMessage(message);
    for (const conversation of conversations) this._unread.recount(conversation);
  }

  /** The newest first, within a second the last that came; without AVChatRooms, as at the hub. */
  _sorted() {
    return [...(this._conversations?.values() ?? [])]
      .filter(({ subType }) => subType !== 'AVChatRoom')
      .reverse()
      .sort((a, b) => b.lastMessage.lastTime - a.lastMessage.lastTime);
  }

  /** @param {string} name of the event */
  _tell(name) {
    if (!this._due.size) this._clock.setTimeout(() => void this._tellDue(), EVENT_MS);
    this._due.add(name);
  }

  async _tellDue() {
    const due = [...this._due];
    this._due.clear();
    // What fails is told with the next change.
    for (const name of due)
      await (name === GROUPS ? this._tellGroups() : this._tellAll()).catch(report);
  }

  async _tellGroups() {
    this._session.emit(GROUPS, (await this.directory.groups()).groupList);
  }

  async _tellAll() {
    const own = [...this._own.values()];
    this._own.clear();
    for (const messageID of own) await this._session.call('setMessageRead', { messageID });
    await this.directory.introduce(this._sorted());
    this._session.emit(CONVERSATIONS, this._sorted());
  }
}

/** @param {any} error the end of the connection or of the session is no news */
const report = (error) => {
  if (error.name !== 'ChatError') console.error(error);
};

/**
 * Whether a message came before the last that is known. Those of a group have numbers.
 *
 * @param {import('./message.js').Message} message
 * @param {any} last
 */
const isOlder = ({ conversationType, sequence, time }, last) =>
  conversationType === 'GROUP' ? last?.lastSequence > sequence : last?.lastTime > time;
