// Only type-checked, never run: index.d.ts accepts what the manual says and refuses what would
// fail.
import { CODES } from '../../sdk/codes.js';
import TencentCloudChat from '../../sdk/index.js';
import type { ChatSDK, Message } from '../../sdk/index.js';

export async function app(): Promise<void> {
  const chat: ChatSDK = TencentCloudChat.create({ SDKAppID: 1400000000 });
  const { EVENT, TYPES, VERSION } = TencentCloudChat;

  chat.on(EVENT.MESSAGE_RECEIVED, ({ data }) =>
    data.map((message) => message.conversationID.length),
  );
  chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data: { messageID, extensions } }) => [
    messageID,
    extensions[0]?.value,
  ]);
  chat.once(EVENT.MESSAGE_EXTENSIONS_DELETED, ({ data: { keyList } }) => keyList.join());
  chat.on(EVENT.NET_STATE_CHANGE, ({ data: { state } }) => state === TYPES.NET_STATE_CONNECTED);
  chat.on(EVENT.KICKED_OUT, ({ data: { type } }) => type === TYPES.KICKED_OUT_REST_API);

  await chat.login({ userID: 'alice', userSig: 'sig' });
  await chat.login({ userID: 'alice', userSig: async () => 'sig' });

  const draft: Message = chat.createCustomMessage({
    to: 'demo',
    conversationType: TYPES.CONV_GROUP,
    payload: { data: '{}' },
    isSupportExtension: true,
  });
  const {
    data: { message },
  } = await chat.sendMessage(draft);
  const {
    data: { extensions },
  } = await chat.setMessageExtensions(message, [{ key: 'alice', value: '1' }]);
  for (const { code, key, value } of extensions)
    if (code === 23001) console.log(`${key} is ${value}: ${CODES[code]}, ${VERSION}`);
  await chat.setMessageExtensions(message, [{ key: 'alice', value: '2' }], { atomic: true });
  await chat.deleteMessageExtensions(message);
  await chat.deleteMessageExtensions(message, ['alice']);

  // The type of a message says what its payload has.
  for (const { type, payload } of (await chat.getMessageList({ conversationID: 'GROUPdemo' })).data
    .messageList) {
    if (type === TYPES.MSG_TEXT) console.log(payload.text.length);
    if (type === TYPES.MSG_CUSTOM) console.log(payload.data.length);
    // @ts-expect-error A custom message has no text
    if (type === TYPES.MSG_CUSTOM) console.log(payload.text);
  }

  // The browser's sockets, and those of Node.
  TencentCloudChat.create({ SDKAppID: 1400000000, WebSocket });
  TencentCloudChat.create({ SDKAppID: 1400000000, WebSocket: NodeSocket });

  // @ts-expect-error Without SDKAppID there is no app
  TencentCloudChat.create({});
  // @ts-expect-error A userSig is needed
  void chat.login({ userID: 'alice' });
  // @ts-expect-error There is no such event
  chat.on('messageReceived', () => {});
  // @ts-expect-error Events carry no seq
  chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }) => data.latestSeq);
  // @ts-expect-error A handler that is typed has to fit
  chat.on(EVENT.MESSAGE_EXTENSIONS_UPDATED, ({ data }: { data: number }) => data);
  // @ts-expect-error Values are strings
  void chat.setMessageExtensions(message, [{ key: 'alice', value: 1 }]);
  // @ts-expect-error There is no such option
  void chat.setMessageExtensions(message, [{ key: 'alice', value: '1' }], { atomically: true });
  // @ts-expect-error The app names no Seq
  void chat.setMessageExtensions(message, [{ key: 'alice', value: '1', seq: 0 }]);
  // @ts-expect-error A text message has a text
  chat.createTextMessage({ to: 'bob', conversationType: TYPES.CONV_C2C, payload: { data: '' } });
  // @ts-expect-error A group is named by its ID alone here
  void chat.quitGroup({ groupID: 'demo' });
  // @ts-expect-error Codes are for reading
  CODES[0] = 'fine';
}

/** As the package `ws` has it: its events are not those of browsers, nor is it an EventTarget. */
declare class NodeSocket {
  constructor(address: null);
  constructor(address: string | { href: string }, protocols?: string | string[], options?: object);
  onopen: ((event: { type: string; target: NodeSocket }) => void) | null;
  onmessage: ((event: { data: string | Uint8Array[]; target: NodeSocket }) => void) | null;
  onclose: ((event: { code: number; reason: string; target: NodeSocket }) => void) | null;
  onerror: ((event: { error: any; message: string; target: NodeSocket }) => void) | null;
  send(data: string | Uint8Array, done?: (error?: Error) => void): void;
  close(code?: number, data?: string | Uint8Array): void;
}
