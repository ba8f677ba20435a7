import { computed, inject, onScopeDispose, provide, shallowRef, toValue, watch } from 'vue';
import { Pairs } from './pairs.js';
import { pollActions, readPoll } from './poll.js';

const CHAT = Symbol('exthub chat');

/** @type {typeof import('./vue.d.ts').provideChat} */
export function provideChat(chat, app) {
  if (app) app.provide(CHAT, chat);
  else provide(CHAT, chat);
}

/** @type {typeof import('./vue.d.ts').useChat} */
export function useChat() {
  const chat = inject(CHAT, null);
  if (!chat) throw new Error('useChat needs provideChat in the app or in a component around it.');
  return /** @type {import('../sdk/index.js').ChatSDK} */ (chat);
}

/** @type {typeof import('./vue.d.ts').useExtensions} */
export function useExtensions(message) {
  const { store, snapshot } = useSnapshot(message);
  return {
    state: computed(() => snapshot.value.state),
    pairs: computed(() => snapshot.value.pairs),
    summary: computed(() => snapshot.value.summary),
    error: computed(() => snapshot.value.error),
    set: (values) => store().set(values),
    remove: (...keys) => store().remove(...keys),
    reload: () => store().reload(),
  };
}

/** @type {typeof import('./vue.d.ts').usePoll} */
export function usePoll(message) {
  const chat = useChat();
  const { store, snapshot } = useSnapshot(message);
  return {
    state: computed(() => snapshot.value.state),
    error: computed(() => snapshot.value.error),
    poll: computed(() => readPoll(toValue(message), snapshot.value, chat.getLoginUser())),
    reload: () => store().reload(),
    ...pollActions(() => ({
      store: store(),
      message: toValue(message),
      userID: chat.getLoginUser(),
    })),
  };
}

/** @param {import('vue').MaybeRefOrGetter<import('../sdk/index.js').Message>} message */
function useSnapshot(message) {
  const chat = useChat();
  let store = new Pairs(chat, toValue(message));
  const snapshot = shallowRef(store.snapshot);
  let unsubscribe = () => {};
  const follow = (/** @type {Pairs} */ next) => {
    unsubscribe();
    store = next;
    snapshot.value = next.snapshot;
    // A server that renders follows nothing: nobody would end it.
    if (typeof window === 'undefined') return;
    unsubscribe = next.subscribe(() => (snapshot.value = next.snapshot));
  };
  follow(store);
  // At once: a vote behind the change is for the new message, and is not to go to the old one.
  watch(
    [() => toValue(message), () => toValue(message).status], // that of a draft changes
    ([next]) => follow(new Pairs(chat, next)),
    { flush: 'sync' },
  );
  onScopeDispose(() => unsubscribe());
  return { store: () => store, snapshot };
}
