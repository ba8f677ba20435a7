// An ordinary chat app, written against Tencent's web SDK: conversations, groups and their members.
// moving.test.js compiles it against both SDKs, and runs it on a real hub.
import TencentCloudChat from '@tencentcloud/chat';
import type {
  ChatSDK,
  Conversation,
  Group,
  GroupMember,
  Message,
  Profile,
  UserInfo,
} from '@tencentcloud/chat';

interface Settings {
  SDKAppID: number;
  proxyServer?: string;
  userID: string;
  userSig: string;
}

const { EVENT, TYPES } = TencentCloudChat;

export class ChatApp {
  chat: ChatSDK;
  conversations: Conversation[] = [];
  groups: Group[] = [];
  me?: Profile;
  private handlers: Record<string, Function> = {};

  constructor(private settings: Settings) {
    const { SDKAppID, proxyServer } = settings;
    this.chat = TencentCloudChat.create({ SDKAppID, proxyServer });
    this.listen(EVENT.CONVERSATION_LIST_UPDATED, (event: { data: Conversation[] }) => {
      this.conversations = event.data;
    });
    this.chat.on(EVENT.GROUP_LIST_UPDATED, ({ data }: { data: Group[] }) => (this.groups = data));
    this.chat.on(EVENT.PROFILE_UPDATED, (event: { name: string; data: Profile[] }) => {
      this.me = event.data[0];
    });
  }

  /** What apps have around events: handlers of which the compiler knows nothing. */
  listen(name: string, handler: Function) {
    this.handlers[name] = handler;
    this.chat.on(name, handler, this);
  }

  async start(): Promise<void> {
    const { userID, userSig } = this.settings;
    await this.chat.login({ userID, userSig });
    this.me = (await this.chat.getMyProfile()).data;
  }

  stop(): Promise<void> {
    for (const [name, handler] of Object.entries(this.handlers)) this.chat.off(name, handler);
    return this.chat.logout();
  }

  async makeGroup(name: string, userIDs: string[]): Promise<string> {
    const { data } = await this.chat.createGroup({
      type: TYPES.GRP_PUBLIC,
      name,
      memberList: userIDs.map((userID) => ({ userID })),
      groupCustomField: [{ key: 'topic', value: 'lunch' }],
    });
    return this.describe(data.group);
  }

  async join(groupID: string): Promise<string> {
    await this.chat.joinGroup({ groupID, type: TYPES.GRP_PUBLIC });
    return this.describe((await this.chat.getGroupProfile({ groupID })).data.group);
  }

  describe(group: Group): string {
    const { name, memberCount, selfInfo, notification, groupCustomField, lastMessage } = group;
    const custom = groupCustomField.map(({ key }) => key).join();
    const last = lastMessage.messageForShow ?? '';
    return [name, memberCount, selfInfo.role, notification, custom, last].join('/');
  }

  async say(groupID: string, text: string): Promise<Message> {
    const message: Message = this.chat.createTextMessage({
      to: groupID,
      conversationType: TYPES.CONV_GROUP,
      payload: { text },
      customModerationConfigurationID: 'strict',
    });
    return (await this.chat.sendMessage(message)).data.message;
  }

  async titles(): Promise<string[]> {
    const { data } = await this.chat.getConversationList({ hasGroupAtInfo: undefined });
    return data.conversationList.map((one: Conversation) => this.title(one));
  }

  title(conversation: Conversation): string {
    const { type, groupProfile, userProfile, lastMessage } = conversation;
    const name = type === TYPES.CONV_GROUP ? groupProfile.name : userProfile.nick;
    const isNamed = conversation.groupAtInfoList.some(({ messageSequence }) => messageSequence > 0);
    return `${name}: ${lastMessage.messageForShow}${isNamed ? '!' : ''}`;
  }

  async members(groupID: string, role?: string): Promise<string[]> {
    const all: GroupMember[] = [];
    let offset = 0;
    do {
      const { data } = await this.chat.getGroupMemberList({ groupID, role, count: 1, offset });
      all.push(...data.memberList);
      offset = data.offset;
    } while (offset > 0);
    return all.map(({ userID, nick, nameCard, muteUntil, memberCustomField }) => {
      const isMuted = muteUntil * 1000 > Date.now();
      return `${nameCard || nick || userID}/${memberCustomField.length}/${isMuted}`;
    });
  }

  async replace(groupID: string, leaver: string, comer: string): Promise<string[]> {
    const members = { groupID, userIDList: [leaver], reason: 'rude', duration: 10 };
    const left = await this.chat.deleteGroupMember(members);
    const came = await this.chat.addGroupMember({ groupID, userIDList: [comer] });
    return [left.data.group, came.data.group].map((group: Group) => this.describe(group));
  }

  revokedBy(message: Message): string {
    const { userID, nick }: UserInfo = message.revokerInfo;
    return message.isRevoked ? nick || userID : '';
  }
}
