import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from 'react';
import { Pairs } from './pairs.js';
import { closing, keyOfVote, readPoll, voteOf } from './poll.js';

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
  const store = useStore(message);
  const snapshot = useSyncExternalStore(store.subscribe, store.get, store.get);
  return {
    ...snapshot,
    set: store.pairs.set,
    remove: store.pairs.remove,
    reload: store.pairs.reload,
  };
}

/** @type {typeof import('./react.d.ts').usePoll} */
export function usePoll(message) {
  const chat = useChat();
  const { state, pairs, error, set, remove, reload } = useExtensions(message);
  const userID = chat.getLoginUser();
  const poll = useMemo(
    () => (state === 'loading' ? null : readPoll(message, pairs, userID)),
    [message, pairs, state, userID],
  );
  const actions = useMemo(
    () => ({
      vote: (/** @type {string[]} */ ...indexes) => set(voteOf(chat.getLoginUser(), indexes)),
      retract: () => remove(keyOfVote(chat.getLoginUser())),
      close: () => set(closing),
    }),
    [chat, set, remove],
  );
  return { state, poll, error, reload, ...actions };
}

/** @param {import('../sdk/index.js').Message} message */
function useStore(message) {
  const chat = useChat();
  return useMemo(() => {
    const pairs = new Pairs(chat, message);
    return { pairs, subscribe: pairs.subscribe, get: () => pairs.snapshot };
  }, [chat, message]);
}
