// An ordinary poll app, written against Tencent's web SDK. moving.test.js compiles it against both
// SDKs, and runs it on a real hub with only the import and the server changed.
import TencentCloudChat from '@tencentcloud/chat';
import type { ChatSDK, Group, Message } from '@tencentcloud/chat';

interface Settings {
  SDKAppID: number;
  proxyServer?: string;
  userID: string;
  userSig: string;
}

interface Answer {
  key: string;
  value: string;
}

/** What an app of Tencent's has around a login: a promise of SDK_READY. */
function ready(chat: ChatSDK): Promise<void> {
  return new Promise((resolve) => {
    if (chat.isReady()) return resolve();
    const onReady = () => {
      chat.off(TencentCloudChat.EVENT.SDK_READY, onReady);
      resolve();
    };
    chat.on(TencentCloudChat.EVENT.SDK_READY, onReady);
  });
}

export class PollApp {
  chat: ChatSDK;
  /** The votes by message, then by user. */
  votes = new Map<string, Map<string, string>>();
  messages: Message[] = [];
  log: string[] = [];
  private waiting: Array<() => void> = [];

  constructor(private settings: Settings) {
    const { SDKAppID, proxyServer } = settings;
    this.chat = TencentCloudChat.create({ SDKAppID, proxyServer, scene: 'poll' });
    this.chat.setLogLevel(1);
    this.chat.registerPlugin({ 'tim-upload-plugin': {} });
    const { EVENT } = TencentCloudChat;
    this.chat.on(EVENT.MESSAGE_RECEIVED, this.onMessages, this);
    this.chat.on(EVENT.MESSAGE_MODIFIED, this.onMessages, this);
    this.chat.on(EVENT.ERROR, (event: { data: { code: number; message: string } }) => {
      this.log.push(`${event.data.code} ${event.data.message}`);
    });
    this.chat.on(EVENT.NET_STATE_CHANGE, (event: { data: { state: string } }) => {
      if (event.data.state === TencentCloudChat.TYPES.NET_STATE_CONNECTED) this.log.push('online');
    });
    this.chat.on(EVENT.KICKED_OUT, (event: { data: { type: TencentCloudChat.TYPES } }) => {
      if (event.data.type === TencentCloudChat.TYPES.KICKED_OUT_MULT_ACCOUNT) this.log.push('out');
    });
    // These two are in Tencent's SDK, but not in the EVENT of its types.
    this.chat.on('onMessageExtensionsUpdated', this.onAnswers, this);
    this.chat.on('onMessageExtensionsDeleted', this.onWithdrawn, this);
  }

  async start(): Promise<void> {
    const { userID, userSig } = this.settings;
    const response = await this.chat.login({ userID, userSig });
    if (response.data.repeatLogin === true) this.log.push(response.data.errorInfo);
    await ready(this.chat);
  }

  async makeGroup(groupID: string, type: TencentCloudChat.TYPES): Promise<Group> {
    const response = await this.chat.createGroup({
      groupID,
      name: 'Lunch',
      type,
      introduction: 'Where do we eat?',
      avatar: 'https://example.org/lunch.png',
      joinOption: TencentCloudChat.TYPES.JOIN_OPTIONS_FREE_ACCESS,
      memberList: [],
    });
    return response.data.group;
  }

  async join(groupID: string): Promise<boolean> {
    const response = await this.chat.joinGroup({ groupID, applyMessage: 'hungry' });
    switch (response.data.status) {
      case TencentCloudChat.TYPES.JOIN_STATUS_SUCCESS:
      case TencentCloudChat.TYPES.JOIN_STATUS_ALREADY_IN_GROUP:
        return true;
      case TencentCloudChat.TYPES.JOIN_STATUS_WAIT_APPROVAL:
      default:
        return false;
    }
  }

  async ask(groupID: string, title: string, options: string[]): Promise<Message> {
    const message = this.chat.createCustomMessage({
      to: groupID,
      conversationType: TencentCloudChat.TYPES.CONV_GROUP,
      priority: TencentCloudChat.TYPES.MSG_PRIORITY_HIGH,
      payload: {
        data: JSON.stringify({
          businessID: 'group_poll',
          title,
          content: { option_list: options.map((option, i) => ({ index: i + 1, option })) },
        }),
        description: title,
      },
      isSupportExtension: true,
      needReadReceipt: false,
      receiverList: [],
      onProgress: (_: any) => {},
    });
    const sent = await this.chat.sendMessage(message, {
      messageControlInfo: { excludedFromUnreadCount: true },
      offlinePushInfo: { title },
    });
    this.messages.push(sent.data.message);
    return sent.data.message;
  }

  async history(groupID: string): Promise<Message[]> {
    const page = await this.chat.getMessageList({ conversationID: `GROUP${groupID}` });
    const list: Message[] = page.data.messageList;
    return list.filter(
      (message) =>
        message.type === TencentCloudChat.TYPES.MSG_CUSTOM &&
        JSON.parse(message.payload.data).businessID === 'group_poll',
    );
  }

  async vote(message: Message, choice: number): Promise<string> {
    const key = `${this.chat.getLoginUser()}_0`;
    const response = await this.chat.setMessageExtensions(message, [{ key, value: `${choice}` }]);
    const [answer] = response.data.extensions;
    return answer.code === 0 ? 'voted' : `somebody set ${answer.value}`;
  }

  async read(message: Message): Promise<Answer[]> {
    const response = await this.chat.getMessageExtensions(message);
    response.data.extensions.forEach((pair: Answer) => this.put(message.ID, pair));
    return response.data.extensions;
  }

  async withdraw(message: Message): Promise<void> {
    await this.chat.deleteMessageExtensions(message, [`${this.chat.getLoginUser()}_0`]);
  }

  async members(groupID: string): Promise<string[]> {
    const page = await this.chat.getGroupMemberList({ groupID, count: 30, offset: 0 });
    return page.data.memberList.map((member: { userID: string }) => member.userID);
  }

  /** What Exthub lacks ends in a sentence. */
  async friends(): Promise<string> {
    try {
      await this.chat.getFriendList();
      return 'friends';
    } catch (error) {
      return `${(error as { code: number }).code}`;
    }
  }

  /** Resolves once the condition holds; every event asks again. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (holds()) resolve();
        else this.waiting.push(check);
      };
      check();
    });
  }

  async stop(): Promise<void> {
    await this.chat.logout();
    await this.chat.destroy();
  }

  private onMessages(event: { data: Message[] }) {
    this.messages.push(...event.data);
    this.wake();
  }

  private onAnswers(event: { data: { messageID: string; extensions: Answer[] } }) {
    event.data.extensions.forEach((pair) => this.put(event.data.messageID, pair));
    this.wake();
  }

  private onWithdrawn(event: { data: { messageID: string; keyList: string[] } }) {
    event.data.keyList.forEach((key) => this.votes.get(event.data.messageID)?.delete(key));
    this.wake();
  }

  private put(messageID: string, { key, value }: Answer) {
    if (!this.votes.has(messageID)) this.votes.set(messageID, new Map());
    this.votes.get(messageID)!.set(key, value);
  }

  private wake() {
    this.waiting.splice(0).forEach((check) => check());
  }
}
