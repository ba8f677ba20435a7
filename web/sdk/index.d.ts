/**
 * Exthub for browsers: messages with live key-value pairs ("message extensions") on them.
 *
 * ```js
 * import TencentCloudChat from '/sdk/index.js';
 *
 * const chat = TencentCloudChat.create({ SDKAppID: 1400000000 });
 * const { EVENT } = TencentCloudChat;
 * const draw = ({ data }) => console.log(data.messageID, data.extensions);
 * chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, draw);
 * await chat.login({ userID: 'alice', userSig });
 * ```
 *
 * This file is the manual. The names are those of Tencent Chat's web SDK. What is not there says
 * "Ours".
 *
 * ## Promises of this SDK
 *
 * - Every promise resolves with `{ code: 0, data }` or rejects with a {@link ChatError}. A call
 *   takes at most 15 s.
 * - Bad parameters throw at once, in your own stack, an
 *   `Error("Params validate failed. <what is wrong>")`.
 * - Your handlers get each change of a pair once, your own changes included, and never after a
 *   newer one. Values that were overwritten meanwhile may be skipped.
 * - A lost connection is replaced. Then the SDK fetches what your handlers missed, and they get it
 *   as usual, messages first:
 *     - changed pairs of every message whose extensions you read, set or got an event of (the 500
 *       most recently used),
 *     - new messages of every conversation that you listed, created, joined, sent to or got a
 *       message of (the newest 300 of each).
 */
declare const TencentCloudChat: {
  /**
   * Returns the chat of this app: the same object for the same SDKAppID, whatever the other
   * options, until destroy. Returns null if SDKAppID is no number; digits in a string are one.
   * Throws if the options are not an object or proxyServer is no address. A server that renders a
   * page may make a chat too; what it lacks to connect is said by login.
   */
  create(options: CreateOptions): ChatSDK;
  readonly EVENT: typeof EVENT;
  readonly TYPES: typeof TYPES;
  readonly TSignaling: typeof TSignaling;
  readonly VERSION: string;
};
/** The same names as types: a value of EVENT, of TYPES, of TSignaling. */
declare namespace TencentCloudChat {
  type EVENT = (typeof EVENT)[keyof typeof EVENT];
  type TYPES = (typeof TYPES)[keyof typeof TYPES];
  type TSignaling = (typeof TSignaling)[keyof typeof TSignaling];
}
export default TencentCloudChat;

export interface CreateOptions {
  SDKAppID: number;
  /**
   * The address of the hub, such as `wss://hub.example/ws` or `https://hub.example`. Default: the
   * hub that the SDK was loaded from; if it came with the app's own scripts, the host that served
   * the page.
   */
  proxyServer?: string;
  /**
   * Ours: a class like the browser's WebSocket, for where there is none. In Node 20 take that of
   * the package `ws`.
   */
  WebSocket?: new (url: string) => Socket;
  /** These do nothing: there are no uploads, and one build for every place. */
  fileUploadProxy?: string;
  fileDownloadProxy?: string;
  scene?: string;
}

/** What the SDK uses of a WebSocket. That of browsers fits, and that of the package `ws`. */
export interface Socket {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(): void;
}

/** What Tencent's sendMessage takes. Nothing of it is acted on: the hub pushes to nobody. */
export interface SendOptions {
  onlineUserOnly?: boolean;
  offlinePushInfo?: any;
  messageControlInfo?: any;
}

export interface JoinOptions {
  groupID: string;
  /** These do nothing: whoever may join is in at once. */
  type?: TencentCloudChat.TYPES;
  applyMessage?: string;
}

export interface ChatSDK extends Absent, ListMethods {
  /**
   * Connects and logs in. When it has resolved, calls may be made; SDK_READY comes after that, so
   * it may be waited for from then on. It tries once. After that the SDK replaces lost connections
   * until logout, KICKED_OUT or SDK_NOT_READY. If the same user is already logged in, it resolves
   * with `repeatLogin: true`.
   *
   * Rejects with 2002 (no userID), 2003 (no userSig), 2025 (somebody is logged in or logging in),
   * 2800 or 2801 (the hub cannot be reached), 3001 (userSig is a function and failed, or gave
   * nothing within 15 s), 3005 (logged out meanwhile), 10004 (not a userID), 70001 to 70052 (the
   * UserSig is refused).
   */
  login(options: LoginOptions): Promise<Result<LoginResult>>;
  /**
   * Logs out. From here on no event of this session comes but SDK_NOT_READY, at once; somebody else
   * may log in without waiting. Always resolves, within 2 s, also if nobody is logged in, with
   * `{ code: 0, data: {} }`, which Tencent's type keeps to itself. Calls under way reject with 2800
   * or 3005.
   */
  logout(): Promise<any>;
  /**
   * Logs out, emits SDK_DESTROY, then removes all handlers. From the call on, create makes a new
   * object.
   */
  destroy(): Promise<void>;
  /** True from SDK_READY to SDK_NOT_READY, also while a lost connection is being replaced. */
  isReady(): boolean;
  /** Returns the userID that is logged in or logging in, or ''. */
  getLoginUser(): string;
  /** Returns the hub's time in Unix seconds, as message.time; before login this machine's. */
  getServerTime(): number;

  /** Does nothing: there is no log. Apps of Tencent's SDK call it first. */
  setLogLevel(level: number): void;
  /** Do nothing: there are no plugins, because nothing is uploaded. */
  registerPlugin(options: object): void;
  unregisterPlugin(options?: object): void;

  /**
   * Calls the handler, with `this` set to the context, on each event of this name until off.
   * Warns on the console if no event has this name.
   */
  on<Name extends string, Kind extends Function = Function>(
    eventName: Name & EventName<Name>,
    handler: Handler<Name> | Untyped<Kind>,
    context?: unknown,
  ): void;
  /** Calls the handler on the next event of this name only. */
  once<Name extends string, Kind extends Function = Function>(
    eventName: Name & EventName<Name>,
    handler: Handler<Name> | Untyped<Kind>,
    context?: unknown,
  ): void;
  /** Removes the handler of this context; without a context, all its registrations. */
  off<Name extends string, Kind extends Function = Function>(
    eventName: Name & EventName<Name>,
    handler: Handler<Name> | Untyped<Kind>,
    context?: unknown,
  ): void;

  /** Returns a text message to send. Throws a ChatError 2999 to 3006 if nobody is logged in. */
  createTextMessage(options: MessageOptions<TextPayload>): Message;
  /**
   * Returns a message to send, whose payload is yours: by convention `data` is JSON. Throws as
   * createTextMessage does.
   */
  createCustomMessage(options: MessageOptions<Partial<CustomPayload>>): Message;
  /**
   * Sends a message. Resolves with the same object, which now has the hub's ID, time and sequence
   * and the status 'success'. MESSAGE_RECEIVED goes to the receivers and to your other sessions,
   * not to this one. If it fails, the status is 'fail' and the error's data has the message. The
   * same object may be sent again: the hub takes it once.
   *
   * Rejects with 2105 (not made by createXMessage), 2106 (conversationType), 10004 (a parameter
   * breaks a rule or a limit), 10007 (not a member), 10010 (no such group).
   */
  sendMessage(message: Message, options?: SendOptions): Promise<Result<{ message: Message }>>;
  /** The same as sendMessage, under Tencent's name for a second try. */
  resendMessage(message: Message, options?: SendOptions): Promise<Result<{ message: Message }>>;
  /**
   * Reads a page of a conversation, oldest message first: the newest `count` (default 15, at most
   * 15) before nextReqMessageID (default: the end).
   *
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getMessageList(options: {
    conversationID: string;
    nextReqMessageID?: string;
    count?: number;
  }): Promise<Result<MessagePage>>;
  /**
   * Takes a message back for everybody: its payload is {} from then on, its pairs are gone, and its
   * isRevoked is true. You may do so with what you sent, at any later time; in a group that you own
   * or administrate with every message. All members get MESSAGE_REVOKED, you too. A message that
   * was revoked before stays as it is.
   *
   * Throws if message.status is not 'success'. Rejects with 10007 (not yours to revoke), 10010 (no
   * such group), 23004 (no such message).
   */
  revokeMessage(message: Message): Promise<Result<{ message: Message }>>;
  /** Returns the message if it is among the 1,000 that this session used last, else null. */
  findMessage(messageID: string): Message | null;

  /**
   * Adds pairs or changes them: at most 20, further ones are ignored with a warning on the console.
   * All members of the conversation get MESSAGE_EXTENSIONS_UPDATED, you too.
   *
   * Each pair has an answer of its own. Code 0: it was set, or has this value. Code 23001: somebody
   * else changed it since you last saw it, so nothing was written, and `value` is its value now, ''
   * if it is gone. The same call made again overwrites that value. Your own changes are no
   * conflict, whether you wait for them or not: those of one pair are sent one after the other, and
   * one whose answer was lost is asked about, then sent again if it was not done.
   *
   * With `atomic: true` all pairs are set or none. If somebody else changed one of them, the code
   * of each is 23001, with its value as it is now. More than 20 reject with 10004.
   *
   * Throws if message.status is not 'success' or message.isSupportExtension is not true, and for
   * an empty array. Rejects with 10004 (a key is empty, over 100 bytes or given twice, a value is
   * empty or over 1,000 bytes, or the message would have more than 300 pairs), 10007 (not a
   * member), 20023 (it was revoked), 23002 (no extensions on this message), 23003 (more than 200
   * sets of it in a minute), 23004 (no such message). The limits are the hub's defaults;
   * LoginResult has those of your hub.
   */
  setMessageExtensions(
    message: Message,
    extensions: Extension[],
    options?: { atomic?: boolean },
  ): Promise<Result<{ extensions: ExtensionResult[] }>>;
  /**
   * Reads all pairs, least recently changed first; like Tencent's, whatever keyList says. Throws
   * and rejects as setMessageExtensions does.
   */
  getMessageExtensions(
    message: Message,
    keyList?: string[],
  ): Promise<Result<{ extensions: Extension[] }>>;
  /**
   * Deletes the pairs of these keys, at most 20, and answers for each as setMessageExtensions does.
   * Without keyList, or with an empty one, it deletes all pairs, whoever changed them last, and
   * `extensions` is []. All members of the conversation get MESSAGE_EXTENSIONS_DELETED, you too.
   *
   * Throws and rejects as setMessageExtensions does.
   */
  deleteMessageExtensions(
    message: Message,
    keyList?: string[] | null,
  ): Promise<Result<{ extensions: ExtensionResult[] }>>;

  /**
   * Reads what the pairs of a message come to, without the pairs. After MESSAGE_EXTENSIONS_SUMMARY
   * you have it already.
   */
  getMessageExtensionSummary(message: Message): Promise<Result<{ summary: ExtensionSummary }>>;
  /**
   * Closes a message that has rules, for good; with closeAt it closes at that time, in Unix
   * seconds, and with 0 not by itself. Only its sender may. All members get
   * MESSAGE_EXTENSIONS_CLOSED.
   */
  closeMessageExtensions(
    message: Message,
    options?: { closeAt?: number },
  ): Promise<Result<{ summary: ExtensionSummary }>>;
  /**
   * Makes a group that you own, by default of TYPES.GRP_WORK.
   *
   * Rejects with 10004 (a parameter breaks a rule or a limit), 10015 (not a groupID), 10021
   * (somebody else has a group of this ID), 10025 (you have one).
   */
  createGroup(
    options: GroupOptions,
  ): Promise<Result<{ group: Group; overLimitUserIDList: string[] }>>;
  /**
   * Joins a group.
   *
   * Rejects with 10007 (this group takes invited members only), 10010 (no such group), 10014 (it
   * is full), 10015 (not a groupID).
   */
  joinGroup(options: JoinOptions): Promise<Result<{ status: JoinStatus; group: JoinedGroup }>>;
  /**
   * Leaves a group.
   *
   * Rejects with 10007 (not a member), 10009 (the owner may dismiss it but not leave, except a Work
   * group), 10010 (no such group).
   */
  quitGroup(groupID: string): Promise<Result<{ groupID: string }>>;
  /** Dismisses a group. Rejects with 10007 (not its owner), 10010 (no such group). */
  dismissGroup(groupID: string): Promise<Result<{ groupID: string }>>;
  /**
   * Reads a page of members, of all or of one role: `count` (default 15, at most 100) from `offset`
   * (default 0). The offset that comes back is that of the next page, 0 at the end.
   *
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getGroupMemberList(options: {
    groupID: string;
    role?: string;
    count?: number;
    offset?: number;
    /** Does nothing: it tells members of AVChatRooms apart. */
    filter?: number;
  }): Promise<Result<MemberPage>>;
  /**
   * Adds members. failureUserIDList has those for whom the group had no room.
   *
   * Rejects with 10007 (you may not add members), 10010 (no such group).
   */
  addGroupMember(options: { groupID: string; userIDList: string[] }): Promise<Result<AddedMembers>>;
  /** Removes members. Rejects with 10007 (you may not remove them), 10010 (no such group). */
  deleteGroupMember(options: {
    groupID: string;
    userIDList: string[];
    /** Not passed on. */
    reason?: string;
    duration?: number;
  }): Promise<Result<{ group: Group; userIDList: string[] }>>;
}

export interface Result<Data> {
  code: 0;
  data: Data;
}

/**
 * What promises reject with. `code` is one of the hub's (`exthub/codes` has their meanings) or
 * of the SDK's own:
 *
 * | code | meaning |
 * |---|---|
 * | 2002, 2003, 2025 | see login |
 * | 2105, 2106 | see sendMessage |
 * | 2800 | the connection was lost after the call was sent, so it may have been done (1) |
 * | 2801 | no answer in time, so it may have been done |
 * | 2805 | no connection in time, so nothing was sent |
 * | 2998 | not in Exthub |
 * | 2999 | nobody was logged in yet |
 * | 3000, 3001, 3005 | still logging in; the login failed; logged out |
 * | 3002, 3003 | kicked out: multipleDevice, multipleAccount |
 * | 3004, 3006 | kicked out: userSigExpired, REST_API_Kick |
 *
 * (1) Calls that only read, sendMessage and those that write pairs are sent again on the next
 * connection, those that write once it is known what became of them, and reject with it only if
 * there is none in time.
 */
export declare class ChatError extends Error {
  constructor(code: number, message: string, data?: Record<string, any>);
  code: number;
  data: Record<string, any>;
}

export interface LoginOptions {
  userID: string;
  /**
   * Ours: may be a function that gets a fresh UserSig, within 15 s. It is called before each
   * connection, so an expired UserSig does not end the session. Only after four in a row that have
   * expired the session ends, as with a string.
   */
  userSig: string | (() => string | Promise<string>);
}

export interface LoginResult {
  actionStatus: 'OK';
  errorCode: 0;
  errorInfo: string;
  /** True if this user was logged in already. Then the fields below are absent. */
  repeatLogin?: boolean;
  userID?: string;
  sessionID?: string;
  /** Whether you are an app admin, who overwrites pairs without conflicts. */
  admin?: boolean;
  /**
   * What this hub allows. messageRate is sets per message and minute, 0 for no limit; a fourth of
   * it is for one user. maxExtensionsPerUser is pairs of one user on a message,
   * maxConversationBytes is of all messages of a conversation, messageTTL is the seconds that a
   * message lives: 0 is no limit for each.
   */
  limits?: {
    maxExtensions: number;
    maxExtensionsPerRequest: number;
    maxKeyBytes: number;
    maxValueBytes: number;
    messageRate: number;
    maxFrameBytes: number;
    maxExtensionsPerUser?: number;
    maxConversationBytes?: number;
    messageTTL?: number;
    maxGroups?: number;
  };
  /** Seconds between two pings. */
  heartbeatInterval?: number;
  /** The hub's time in Unix seconds. */
  time?: number;
  /**
   * Names the hub's data. If it differs from that of the last login, data was lost. The SDK adapts
   * by itself.
   */
  epoch?: string;
}

/**
 * The rules of a message's pairs, fixed when it is sent but for closeAt. The hub refuses rules that
 * it does not know. PROTOCOL.md says more of each.
 */
export interface ExtensionRules {
  /** 'own': a key is exactly its writer's userID. 'author': only who sent the message writes. */
  write?: 'anyone' | 'own' | 'author';
  /** Whether a pair stays as it was set. */
  once?: boolean;
  /** What a value has to answer: numbers of choices, joined by _, or a text of so many bytes. */
  questions?: ({ choices: number; choose?: number } | { text: number })[];
  /** 'summary': nobody reads the pairs of others. */
  show?: 'pairs' | 'summary';
  /** When others than the author are shown anything but the number of pairs. */
  reveal?: 'always' | 'closed' | 'never';
  /** Whether keys are hashes that don't say whose they are. Needs write 'own'. */
  anonymous?: boolean;
  /** When the message closes by itself, in Unix seconds. */
  closeAt?: number;
  /** How many pairs the message may hold. */
  max?: number;
}

/** What the pairs of a message come to. */
export interface ExtensionSummary {
  pairs: number;
  /** How often each choice of each question was chosen, null for a text; absent while hidden. */
  answers?: (number[] | null)[];
  latestSeq: number;
  /** Present when the message is closed. */
  closedSeq?: number;
  /** Present when the message closes by itself: when, in Unix seconds. */
  closeAt?: number;
}

export interface MessageOptions<Payload> {
  /** The userID or groupID of the receiver. */
  to: string;
  conversationType: TencentCloudChat.TYPES;
  payload: Payload;
  /** Whether the message takes pairs. Default false; it cannot be changed later. */
  isSupportExtension?: boolean | 0 | 1;
  /** With isSupportExtension: who may write which pairs, and who reads them. Default: everybody. */
  extensionRules?: ExtensionRules;
  /** Your data, stored with the message. Default ''. */
  cloudCustomData?: string;
  /** Stays on your object only. Default TYPES.MSG_PRIORITY_NORMAL. */
  priority?: TencentCloudChat.TYPES;
  /** These do nothing: there are no read receipts, and a group's message is for all of it. */
  needReadReceipt?: boolean;
  receiverList?: string[];
  onProgress?: (event: any) => void;
  customModerationConfigurationID?: string;
}

export interface TextPayload {
  text: string;
}

/** Fields that were not given are ''. */
export interface CustomPayload {
  data: string;
  description: string;
  extension: string;
}

/** A message; its type says what its payload is. */
export type Message = TextMessage | CustomMessage | OtherMessage;

export interface TextMessage extends AnyMessage {
  type: 'TIMTextElem';
  payload: TextPayload;
}

export interface CustomMessage extends AnyMessage {
  type: 'TIMCustomElem';
  payload: CustomPayload;
}

/** Of a kind that this hub does not have. One that is newer than this SDK may. */
export interface OtherMessage extends AnyMessage {
  type: Exclude<Extract<TencentCloudChat.TYPES, `TIM${string}`>, 'TIMTextElem' | 'TIMCustomElem'>;
  payload: any;
}

/** What messages of every kind have. */
export interface AnyMessage {
  /** The messageID of events. The hub gives it; until the message is sent it is the SDK's own. */
  ID: string;
  /** `C2C<userID of the other>` or `GROUP<groupID>`. */
  conversationID: string;
  conversationType: ConversationType;
  from: string;
  to: string;
  /** 'out' for your own, else 'in'. */
  flow: 'in' | 'out';
  /** Unix seconds: the hub's time, and until it is sent this machine's. */
  time: number;
  status: 'unSend' | 'success' | 'fail';
  /** In a group 1, 2, 3 and so on. In C2C the sender's own numbering. */
  sequence: number;
  random: number;
  clientSequence: number;
  clientTime: number;
  isSupportExtension: boolean;
  /** The rules that it was sent with, without what is the default; undefined if it has none. */
  extensionRules: ExtensionRules | undefined;
  cloudCustomData: string;
  priority: TencentCloudChat.TYPES;
  /** Whether somebody took it back: then payload is {}, and the next two say who. */
  isRevoked: boolean;
  revoker: string;
  revokerInfo: UserInfo;

  /** How the sender was shown when it was sent: the nick and avatar of updateMyProfile, or ''. */
  nick: string;
  avatar: string;
  /** ''. This and all that follows never changes; programs may read it. */
  nameCard: string;
  /** [] */
  atUserList: string[];
  /** false */
  isPeerRead: boolean;
  isDeleted: boolean;
  isModified: boolean;
  needReadReceipt: boolean;
  readReceiptInfo: any;
  isBroadcastMessage: boolean;
  hasRiskContent: boolean;
  revokeReason: string;
}

export interface UserInfo {
  userID: string;
  nick: string;
  avatar: string;
}

export interface MessagePage {
  messageList: Message[];
  /** The nextReqMessageID of the next, older page; '' if isCompleted. */
  nextReqMessageID: string;
  isCompleted: boolean;
}

export interface Extension {
  key: string;
  value: string;
}

export interface ExtensionResult extends Extension {
  code: number;
}

export interface GroupOptions {
  name: string;
  type?: TencentCloudChat.TYPES;
  /** Default: the hub chooses one. */
  groupID?: string;
  /** Exthub's own: open to guests, on a hub that lets them in. */
  guests?: boolean;
  memberList?: { userID: string; role?: string; memberCustomField?: any[] }[];
  /** These are not stored. What kind of group it is decides who may join, and how many. */
  introduction?: string;
  notification?: string;
  avatar?: string;
  maxMemberNum?: number;
  joinOption?: TencentCloudChat.TYPES;
  inviteOption?: string;
  groupCustomField?: any[];
  isSupportTopic?: boolean;
}

/** The methods about conversations, groups and profiles. */
export interface ListMethods {
  /**
   * Returns your conversations that have a message, the newest first, at most 1,000: all of them,
   * or those of these IDs, or of this type, or with something unread. From then on the SDK keeps
   * the list current, and CONVERSATION_LIST_UPDATED has it. AVChatRooms are not in it, nor is
   * anything for a guest.
   */
  getConversationList(
    options?: string[] | ConversationFilter,
  ): Promise<Result<{ conversationList: Conversation[]; isSyncCompleted: boolean }>>;
  /**
   * Returns a conversation, also one that has no message yet.
   *
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getConversationProfile(conversationID: string): Promise<Result<{ conversation: Conversation }>>;
  /**
   * Notes that you have read the conversation up to its newest message that this session knows.
   * After that unreadCount is 0, here and at your next login.
   */
  setMessageRead(options: { conversationID: string }): Promise<Result<{ conversationID: string }>>;
  /** Returns how you are shown. */
  getMyProfile(): Promise<Result<Profile>>;
  /** Returns the profiles of users, in their order: an empty nick and avatar if they set none. */
  getUserProfile(options: { userIDList: string[] }): Promise<Result<Profile[]>>;
  /**
   * Changes your nick or avatar, each of at most 500 bytes. They are on the messages that you send
   * from then on, and in member lists. Your sessions get PROFILE_UPDATED, this one too.
   */
  updateMyProfile(options: {
    nick?: string;
    avatar?: string;
    [unused: string]: any;
  }): Promise<Result<Profile>>;
  /** Returns the groups that you are in. GROUP_LIST_UPDATED has them when they change. */
  getGroupList(options?: object): Promise<Result<{ groupList: Group[] }>>;
  /**
   * Returns a group with its memberCount.
   *
   * Rejects with 10007 (not a member), 10010 (no such group).
   */
  getGroupProfile(options: {
    groupID: string;
    [unused: string]: any;
  }): Promise<Result<{ group: Group }>>;
}

export interface ConversationFilter {
  type?: TencentCloudChat.TYPES;
  hasUnreadCount?: boolean;
  /** These do nothing: there are no groups and marks of conversations, and nobody is named. */
  groupName?: string;
  markType?: number;
  hasGroupAtInfo?: boolean;
}

/** Fields that are not listed are Tencent's, and empty. */
export interface Conversation {
  conversationID: string;
  type: ConversationType;
  /** The type of a group. */
  subType: string;
  /** How many messages came since the last that was read. One-to-one it may be a little more. */
  unreadCount: number;
  /** The newest message; if there is none, one with a `lastTime` of 0 and a `payload` of null. */
  lastMessage: any;
  /** The group; one-to-one undefined, which the type leaves out as Tencent's does. */
  groupProfile: Group;
  /** The other user, one-to-one; of a group undefined. */
  userProfile: Profile;
  groupAtInfoList: any[];
  markList: number[];
  conversationGroupList: string[];
  [unused: string]: any;
}

/** Fields that are not listed are Tencent's, and empty. */
export interface Profile {
  userID: string;
  nick: string;
  avatar: string;
  profileCustomField: any[];
  [unused: string]: any;
}

/** What joinGroup says of a group; getGroupProfile says more. */
export interface JoinedGroup {
  groupID: string;
  type: GroupType;
  name: string;
  /** '' if an app admin made it without an owner. */
  ownerID: string;
  joinOption: 'FreeAccess' | 'NeedPermission' | 'DisableApply';
  /** Unix seconds. */
  createTime: number;
  /** Exthub's own: there if the group is open to guests. */
  guests?: true;
}

/** Fields that are not listed are Tencent's, and empty. */
export interface Group extends JoinedGroup {
  /** How many there are; 0 where it is not known: getGroupProfile tells. */
  memberCount: number;
  /** What you are in the group; the role is '' if you are not in it. */
  selfInfo: { userID: string; role: string; joinTime: number; [unused: string]: any };
  groupCustomField: any[];
  [unused: string]: any;
}

export interface GroupMember {
  userID: string;
  role: 'Owner' | 'Admin' | 'Member';
  /** Unix seconds. */
  joinTime: number;
  nick: string;
  avatar: string;
  /** '', 0 and []: they never change. */
  nameCard: string;
  muteUntil: number;
  memberCustomField: any[];
}

export interface MemberPage {
  memberList: GroupMember[];
  offset: number;
}

export interface AddedMembers {
  group: Group;
  successUserIDList: string[];
  failureUserIDList: string[];
  existedUserIDList: string[];
  /** [] */
  overLimitUserIDList: string[];
}

/**
 * What Tencent's web SDK has and Exthub has not. It is here so that an app which mentions it
 * compiles, and runs up to the call. Promises reject with 2998, the createXMessage methods throw a
 * ChatError 2998, the Sync methods give it to their last parameter. Listeners are never called.
 */
export interface Absent {
  /** @deprecated Not in Exthub: rejects with 2998. */
  downloadMergerMessage(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteMessage(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  translateText(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  convertVoiceToText(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  modifyMessage(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  searchCloudMessages(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  searchCloudGroups(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  searchCloudUsers(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  searchCloudGroupMembers(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  addMessageReaction(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  removeMessageReaction(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getMessageReactions(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getAllUserListOfMessageReaction(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getMessageListHopping(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  sendMessageReadReceipt(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getMessageReadReceiptList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getGroupMessageReadMemberList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteConversation(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setConversationDraft(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  clearHistoryMessage(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  pinConversation(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setAllMessageRead(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setMessageRemindType(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setAllReceiveMessageOpt(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getAllReceiveMessageOpt(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setConversationCustomData(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  markConversation(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getConversationGroupList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  createConversationGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteConversationGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  renameConversationGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  addConversationsToGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteConversationsFromGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getBlacklist(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  addToBlacklist(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  removeFromBlacklist(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setSelfStatus(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getUserStatus(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  subscribeUserStatus(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  unsubscribeUserStatus(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getFriendList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  addFriend(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteFriend(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  checkFriend(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getFriendProfile(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  updateFriend(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getFriendApplicationList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  acceptFriendApplication(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  refuseFriendApplication(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteFriendApplication(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setFriendApplicationRead(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getFriendGroupList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  createFriendGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteFriendGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  addToFriendGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  removeFromFriendGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  renameFriendGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  followUser(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  unfollowUser(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getMyFollowersList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getMyFollowingList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getMutualFollowersList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getUserFollowInfo(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  checkFollowType(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  updateGroupProfile(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  pinGroupMessage(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getPinnedGroupMessageList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  searchGroupByID(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getGroupOnlineMemberCount(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  changeGroupOwner(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getGroupApplicationList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  handleGroupApplication(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  initGroupAttributes(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setGroupAttributes(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteGroupAttributes(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getGroupAttributes(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setGroupCounters(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  increaseGroupCounter(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  decreaseGroupCounter(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getGroupCounters(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getGroupMemberProfile(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setGroupMemberMuteTime(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setGroupMemberRole(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setGroupMemberNameCard(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  setGroupMemberCustomField(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  markGroupMemberList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getJoinedCommunityList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  createTopicInCommunity(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  deleteTopicFromCommunity(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  updateTopicProfile(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  getTopicList(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  invite(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  inviteInGroup(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  cancel(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  accept(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  reject(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  modifyInvitation(...params: any[]): Promise<any>;
  /** @deprecated Not in Exthub: rejects with 2998. */
  callExperimentalAPI(...params: any[]): any;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createTextAtMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createImageMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createAudioMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createVideoMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createFaceMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createFileMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createLocationMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createMergerMessage(options: any): Message;
  /** @deprecated Not in Exthub: throws a ChatError 2998. */
  createForwardMessage(options: any): Message;
  /** @deprecated Not in Exthub: calls onError with a ChatError 2998. */
  inviteSync(options: any, onSuccess: Function, onError: Function): void;
  /** @deprecated Not in Exthub: calls onError with a ChatError 2998. */
  inviteInGroupSync(options: any, onSuccess: Function, onError: Function): void;
  /** @deprecated Not in Exthub: warns. */
  addSignalingListener(eventName: string, handler: Function, context?: any): void;
  /** @deprecated Not in Exthub: warns. */
  removeSignalingListener(eventName: string, handler: Function, context?: any): void;
  /** @deprecated Not in Exthub: returns null, because no message is an invitation. */
  getSignalingInfo(message: Message): null;
  /** @deprecated Not in Exthub: returns 0. */
  getTotalUnreadMessageCount(): number;
}

/** Tencent's names of what is not in Exthub. */
export type Friend = any;
export type FriendApplication = any;
export type FriendGroup = any;
export type Signaling = any;
export type SimplifiedMessage = any;
export type Topic = any;

export type ConversationType = 'C2C' | 'GROUP';
export type GroupType = 'Private' | 'Public' | 'ChatRoom' | 'AVChatRoom' | 'Community';
export type JoinStatus = 'JoinedSuccess' | 'AlreadyInGroup' | 'WaitAdminApproval';
export type NetState = 'connected' | 'connecting' | 'disconnected';
export type KickedOutType =
  'multipleAccount' | 'multipleDevice' | 'userSigExpired' | 'REST_API_Kick';

/** A name of EVENT, or a string of which the compiler knows no more. */
export type EventName<Name extends string> = Name extends keyof EventData
  ? Name
  : string extends Name
    ? Name
    : never;

export type Handler<Name extends string> = (
  this: any,
  event: { name: Name; data: Name extends keyof EventData ? EventData[Name] : any },
) => void;

/** A handler of which the compiler knows no more than that it is a Function. */
export type Untyped<Kind> = Function extends Kind ? Kind : never;

/** What each event carries in `data`. */
export interface EventData {
  /** After a login, but not after a lost connection was replaced. */
  sdkStateReady: undefined;
  /** After logout or KICKED_OUT, or when the hub does not take the session back. */
  sdkStateNotReady: undefined;
  /** After destroy. */
  sdkDestroy: { SDKAppID: number };
  /**
   * When the state changes. 'connecting': an attempt has begun. 'connected': logged in.
   * 'disconnected': an attempt failed, or a connection was lost. While isReady(), the next attempt
   * follows by itself: after a random time up to 0.5 s, 1 s, 2 s and so on to 20 s, or at once when
   * the page is shown or the machine is online again.
   */
  netStateChange: { state: NetState };
  /** When the session was ended. SDK_NOT_READY follows, and no further attempt. */
  kickedOut: { type: KickedOutType };
  /**
   * Ours: when you are a member of a group from now on: made, joined, added. If you were one
   * before, what changed while you were not follows as events.
   */
  onGroupJoined: { groupID: string };
  /** Ours: when you are no member any more: you left, were removed, or there is no such group. */
  onGroupLeft: { groupID: string; reason: 'quit' | 'removed' | 'dismissed' };
  /** Messages of others, or yours from another session; oldest first. */
  onMessageReceived: Message[];
  /** Pairs that are new or have a new value. */
  onMessageExtensionsUpdated: { messageID: string; extensions: Extension[] };
  /** Keys of pairs that are gone, also when the hub lost their message. */
  onMessageExtensionsDeleted: { messageID: string; keyList: string[] };
  onMessageExtensionsSummary: { messageID: string; summary: ExtensionSummary };
  onMessageExtensionsClosed: { messageID: string; closedSeq: number; summary: ExtensionSummary };
  /**
   * Messages that were revoked, their pairs with them; also those of which this session has never
   * heard before. After a lost connection it comes for each message that you have: of those without
   * pairs, the 300 newest of a conversation.
   */
  onMessageRevoked: Message[];
  /**
   * All of your conversations, the newest first, when something changed in one of them, and once
   * after you began to listen. At most five times a second.
   */
  onConversationListUpdated: Conversation[];
  /** All of your groups, when you joined or left one, and once after you began to listen. */
  onGroupListUpdated: Group[];
  /** How you are shown, after updateMyProfile. Changes of others are not told. */
  onProfileUpdated: Profile[];

  // These never come.
  onRoomCustomDataReceived: any;
  onMessageModified: any;
  onMessageReadByPeer: any;
  onMessageReadReceiptReceived: any;
  onTotalUnreadMessageCountUpdated: any;
  onConversationGroupListUpdated: any;
  onConversationInGroupUpdated: any;
  groupAttributesUpdated: any;
  onGroupCounterUpdated: any;
  onTopicCreated: any;
  onTopicDeleted: any;
  onTopicUpdated: any;
  onUserStatusUpdated: any;
  blacklistUpdated: any;
  onFriendListUpdated: any;
  onFriendGroupListUpdated: any;
  onFriendApplicationListUpdated: any;
  onMyFollowersListUpdated: any;
  onMyFollowingListUpdated: any;
  onMutualFollowersListUpdated: any;
  error: any;
  onAllReceiveMessageOptUpdated: any;
  onPinnedGroupMessageUpdated: any;
}

declare const EVENT: {
  readonly SDK_READY: 'sdkStateReady';
  readonly SDK_NOT_READY: 'sdkStateNotReady';
  readonly SDK_DESTROY: 'sdkDestroy';
  readonly MESSAGE_RECEIVED: 'onMessageReceived';
  readonly ROOM_CUSTOM_DATA_RECEIVED: 'onRoomCustomDataReceived';
  readonly MESSAGE_MODIFIED: 'onMessageModified';
  readonly MESSAGE_REVOKED: 'onMessageRevoked';
  readonly MESSAGE_EXTENSIONS_UPDATED: 'onMessageExtensionsUpdated';
  readonly MESSAGE_EXTENSIONS_DELETED: 'onMessageExtensionsDeleted';
  readonly MESSAGE_EXTENSIONS_SUMMARY: 'onMessageExtensionsSummary';
  readonly MESSAGE_EXTENSIONS_CLOSED: 'onMessageExtensionsClosed';
  readonly MESSAGE_READ_BY_PEER: 'onMessageReadByPeer';
  readonly MESSAGE_READ_RECEIPT_RECEIVED: 'onMessageReadReceiptReceived';
  readonly CONVERSATION_LIST_UPDATED: 'onConversationListUpdated';
  readonly TOTAL_UNREAD_MESSAGE_COUNT_UPDATED: 'onTotalUnreadMessageCountUpdated';
  readonly CONVERSATION_GROUP_LIST_UPDATED: 'onConversationGroupListUpdated';
  readonly CONVERSATION_IN_GROUP_UPDATED: 'onConversationInGroupUpdated';
  readonly GROUP_LIST_UPDATED: 'onGroupListUpdated';
  readonly GROUP_ATTRIBUTES_UPDATED: 'groupAttributesUpdated';
  readonly GROUP_COUNTER_UPDATED: 'onGroupCounterUpdated';
  readonly TOPIC_CREATED: 'onTopicCreated';
  readonly TOPIC_DELETED: 'onTopicDeleted';
  readonly TOPIC_UPDATED: 'onTopicUpdated';
  readonly PROFILE_UPDATED: 'onProfileUpdated';
  readonly USER_STATUS_UPDATED: 'onUserStatusUpdated';
  readonly BLACKLIST_UPDATED: 'blacklistUpdated';
  readonly FRIEND_LIST_UPDATED: 'onFriendListUpdated';
  readonly FRIEND_GROUP_LIST_UPDATED: 'onFriendGroupListUpdated';
  readonly FRIEND_APPLICATION_LIST_UPDATED: 'onFriendApplicationListUpdated';
  readonly MY_FOLLOWERS_LIST_UPDATED: 'onMyFollowersListUpdated';
  readonly MY_FOLLOWING_LIST_UPDATED: 'onMyFollowingListUpdated';
  readonly MUTUAL_FOLLOWERS_LIST_UPDATED: 'onMutualFollowersListUpdated';
  readonly GROUP_JOINED: 'onGroupJoined';
  readonly GROUP_LEFT: 'onGroupLeft';
  readonly KICKED_OUT: 'kickedOut';
  readonly ERROR: 'error';
  readonly NET_STATE_CHANGE: 'netStateChange';
  readonly ALL_RECEIVE_MESSAGE_OPT_UPDATED: 'onAllReceiveMessageOptUpdated';
  readonly PINNED_GROUP_MESSAGE_UPDATED: 'onPinnedGroupMessageUpdated';
};

declare const TYPES: {
  readonly MSG_TEXT: 'TIMTextElem';
  readonly MSG_IMAGE: 'TIMImageElem';
  readonly MSG_AUDIO: 'TIMSoundElem';
  readonly MSG_FILE: 'TIMFileElem';
  readonly MSG_FACE: 'TIMFaceElem';
  readonly MSG_VIDEO: 'TIMVideoFileElem';
  readonly MSG_LOCATION: 'TIMLocationElem';
  readonly MSG_GRP_TIP: 'TIMGroupTipElem';
  readonly MSG_GRP_SYS_NOTICE: 'TIMGroupSystemNoticeElem';
  readonly MSG_CUSTOM: 'TIMCustomElem';
  readonly MSG_MERGER: 'TIMRelayElem';
  readonly MSG_PRIORITY_HIGH: 'High';
  readonly MSG_PRIORITY_NORMAL: 'Normal';
  readonly MSG_PRIORITY_LOW: 'Low';
  readonly MSG_PRIORITY_LOWEST: 'Lowest';
  readonly CONV_C2C: 'C2C';
  readonly CONV_GROUP: 'GROUP';
  readonly CONV_TOPIC: 'TOPIC';
  readonly CONV_SYSTEM: '@TIM#SYSTEM';
  readonly CONV_AT_ME: 1;
  readonly CONV_AT_ALL: 2;
  readonly CONV_AT_ALL_AT_ME: 3;
  readonly CONV_MARK_TYPE_STAR: 1;
  readonly CONV_MARK_TYPE_UNREAD: 2;
  readonly CONV_MARK_TYPE_FOLD: 3;
  readonly CONV_MARK_TYPE_HIDE: 4;
  readonly GRP_WORK: 'Private';
  readonly GRP_PUBLIC: 'Public';
  readonly GRP_MEETING: 'ChatRoom';
  readonly GRP_AVCHATROOM: 'AVChatRoom';
  readonly GRP_COMMUNITY: 'Community';
  readonly GRP_MBR_ROLE_OWNER: 'Owner';
  readonly GRP_MBR_ROLE_ADMIN: 'Admin';
  readonly GRP_MBR_ROLE_MEMBER: 'Member';
  readonly GRP_MBR_ROLE_CUSTOM: 'Custom';
  readonly GRP_TIP_MBR_JOIN: 1;
  readonly GRP_TIP_MBR_QUIT: 2;
  readonly GRP_TIP_MBR_KICKED_OUT: 3;
  readonly GRP_TIP_MBR_SET_ADMIN: 4;
  readonly GRP_TIP_MBR_CANCELED_ADMIN: 5;
  readonly GRP_TIP_GRP_PROFILE_UPDATED: 6;
  readonly GRP_TIP_MBR_PROFILE_UPDATED: 7;
  readonly GRP_TIP_BAN_AVCHATROOM_MEMBER: 10;
  readonly GRP_TIP_UNBAN_AVCHATROOM_MEMBER: 11;
  readonly MSG_REMIND_ACPT_AND_NOTE: 'AcceptAndNotify';
  readonly MSG_REMIND_ACPT_NOT_NOTE: 'AcceptNotNotify';
  readonly MSG_REMIND_DISCARD: 'Discard';
  readonly NOT_RECEIVE_OFFLINE_PUSH_EXCEPT_AT: 'AcceptNotNotifyExceptAt';
  readonly NOT_RECEIVE_MSG_EXCEPT_AT: 'NotReceiveMsgExceptAt';
  readonly GENDER_UNKNOWN: 'Gender_Type_Unknown';
  readonly GENDER_FEMALE: 'Gender_Type_Female';
  readonly GENDER_MALE: 'Gender_Type_Male';
  readonly KICKED_OUT_MULT_ACCOUNT: 'multipleAccount';
  readonly KICKED_OUT_MULT_DEVICE: 'multipleDevice';
  readonly KICKED_OUT_USERSIG_EXPIRED: 'userSigExpired';
  readonly KICKED_OUT_REST_API: 'REST_API_Kick';
  readonly ALLOW_TYPE_ALLOW_ANY: 'AllowType_Type_AllowAny';
  readonly ALLOW_TYPE_NEED_CONFIRM: 'AllowType_Type_NeedConfirm';
  readonly ALLOW_TYPE_DENY_ANY: 'AllowType_Type_DenyAny';
  readonly FORBID_TYPE_NONE: 'AdminForbid_Type_None';
  readonly FORBID_TYPE_SEND_OUT: 'AdminForbid_Type_SendOut';
  readonly JOIN_OPTIONS_FREE_ACCESS: 'FreeAccess';
  readonly JOIN_OPTIONS_NEED_PERMISSION: 'NeedPermission';
  readonly JOIN_OPTIONS_DISABLE_APPLY: 'DisableApply';
  readonly JOIN_STATUS_SUCCESS: 'JoinedSuccess';
  readonly JOIN_STATUS_ALREADY_IN_GROUP: 'AlreadyInGroup';
  readonly JOIN_STATUS_WAIT_APPROVAL: 'WaitAdminApproval';
  readonly GRP_PROFILE_OWNER_ID: 'ownerID';
  readonly GRP_PROFILE_CREATE_TIME: 'createTime';
  readonly GRP_PROFILE_LAST_INFO_TIME: 'lastInfoTime';
  readonly GRP_PROFILE_MEMBER_NUM: 'memberNum';
  readonly GRP_PROFILE_MAX_MEMBER_NUM: 'maxMemberNum';
  readonly GRP_PROFILE_JOIN_OPTION: 'joinOption';
  readonly GRP_PROFILE_INTRODUCTION: 'introduction';
  readonly GRP_PROFILE_NOTIFICATION: 'notification';
  readonly GRP_PROFILE_MUTE_ALL_MBRS: 'muteAllMembers';
  readonly SNS_ADD_TYPE_SINGLE: 'Add_Type_Single';
  readonly SNS_ADD_TYPE_BOTH: 'Add_Type_Both';
  readonly SNS_DELETE_TYPE_SINGLE: 'Delete_Type_Single';
  readonly SNS_DELETE_TYPE_BOTH: 'Delete_Type_Both';
  readonly SNS_APPLICATION_TYPE_BOTH: 'Pendency_Type_Both';
  readonly SNS_APPLICATION_SENT_TO_ME: 'Pendency_Type_ComeIn';
  readonly SNS_APPLICATION_SENT_BY_ME: 'Pendency_Type_SendOut';
  readonly SNS_APPLICATION_AGREE: 'Response_Action_Agree';
  readonly SNS_APPLICATION_AGREE_AND_ADD: 'Response_Action_AgreeAndAdd';
  readonly SNS_CHECK_TYPE_BOTH: 'CheckResult_Type_Both';
  readonly SNS_CHECK_TYPE_SINGLE: 'CheckResult_Type_Single';
  readonly SNS_TYPE_NO_RELATION: 'CheckResult_Type_NoRelation';
  readonly SNS_TYPE_A_WITH_B: 'CheckResult_Type_AWithB';
  readonly SNS_TYPE_B_WITH_A: 'CheckResult_Type_BWithA';
  readonly SNS_TYPE_BOTH_WAY: 'CheckResult_Type_BothWay';
  readonly NET_STATE_CONNECTED: 'connected';
  readonly NET_STATE_CONNECTING: 'connecting';
  readonly NET_STATE_DISCONNECTED: 'disconnected';
  readonly MSG_AT_ALL: '__kImSDK_MesssageAtALL__';
  readonly READ_ALL_C2C_MSG: 'readAllC2CMessage';
  readonly READ_ALL_GROUP_MSG: 'readAllGroupMessage';
  readonly READ_ALL_MSG: 'readAllMessage';
  readonly USER_STATUS_UNKNOWN: 0;
  readonly USER_STATUS_ONLINE: 1;
  readonly USER_STATUS_OFFLINE: 2;
  readonly USER_STATUS_UNLOGINED: 3;
  readonly IOS_OFFLINE_PUSH_NO_SOUND: 'push.no_sound';
  readonly IOS_OFFLINE_PUSH_DEFAULT_SOUND: 'default';
};

declare const TSignaling: {
  readonly NEW_INVITATION_RECEIVED: 'newInvitationReceived';
  readonly INVITEE_ACCEPTED: 'ts_invitee_accepted';
  readonly INVITEE_REJECTED: 'ts_invitee_rejected';
  readonly INVITATION_CANCELLED: 'ts_invitation_cancelled';
  readonly INVITATION_TIMEOUT: 'ts_invitation_timeout';
  readonly INVITATION_MODIFIED: 'ts_invitation_modified';
  readonly ACTION_TYPE_UNKNOWN: 0;
  readonly ACTION_TYPE_INVITE: 1;
  readonly ACTION_TYPE_CANCEL_INVITE: 2;
  readonly ACTION_TYPE_ACCEPT_INVITE: 3;
  readonly ACTION_TYPE_REJECT_INVITE: 4;
  readonly ACTION_TYPE_INVITE_TIMEOUT: 5;
};
