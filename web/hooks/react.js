import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from 'react';
import { Pairs } from './pairs.js';
import { pollActions, readPoll } from './poll.js';

const ChatContext = createContext(/** @type {import('../sdk/index.js').ChatSDK | null} */ (null));

/** @type {typeof import('./react.d.ts').ChatProvider} */
export const ChatProvider = ({ chat, children }) =>
  createElement(ChatContext.Provider, { value: chat }, children);

/** @type {typeof import('./react.d.ts').useChat} */
export function useChat() {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('useChat needs a ChatProvider around it, with the chat.');
  return chat;
}

/** @type {typeof import('./react.d.ts').useExtensions} */
export function useExtensions(message) {
  const { store, snapshot } = useSnapshot(message);
  return { ...snapshot, set: store.set, remove: store.remove, reload: store.reload };
}

/** @type {typeof import('./react.d.ts').usePoll} */
export function usePoll(message) {
  const chat = useChat();
  const { store, snapshot } = useSnapshot(message);
  const userID = chat.getLoginUser();
  const poll = useMemo(() => readPoll(message, snapshot, userID), [message, snapshot, userID]);
  const actions = useMemo(
    () => pollActions(() => ({ store, message, userID: chat.getLoginUser() })),
    [chat, message, store],
  );
  return { state: snapshot.state, poll, error: snapshot.error, reload: store.reload, ...actions };
}

/** @param {import('../sdk/index.js').Message} message */
function useSnapshot(message) {
  const chat = useChat();
  const { status } = message; // of a draft it changes, in the same object
  const store = useMemo(() => new Pairs(chat, message), [chat, message, status]);
  return { store, snapshot: useSyncExternalStore(store.subscribe, store.get, store.get) };
}
