import { computed, inject, onScopeDispose, provide, shallowRef, toValue, watch } from 'vue';
import { Pairs } from './pairs.js';
import { closing, keyOfVote, readPoll, voteOf } from './poll.js';

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
  watch(
    () => toValue(message),
    (next) => follow(new Pairs(chat, next)),
  );
  onScopeDispose(() => unsubscribe());
  return {
    state: computed(() => snapshot.value.state),
    pairs: computed(() => snapshot.value.pairs),
    error: computed(() => snapshot.value.error),
    set: (values) => store.set(values),
    remove: (...keys) => store.remove(...keys),
    reload: () => store.reload(),
  };
}

/** @type {typeof import('./vue.d.ts').usePoll} */
export function usePoll(message) {
  const chat = useChat();
  const { state, pairs, error, set, remove, reload } = useExtensions(message);
  return {
    state,
    error,
    poll: computed(() =>
      state.value === 'loading'
        ? null
        : readPoll(toValue(message), pairs.value, chat.getLoginUser()),
    ),
    reload,
    vote: (...indexes) => set(voteOf(chat.getLoginUser(), indexes)),
    retract: () => remove(keyOfVote(chat.getLoginUser())),
    close: () => set(closing),
  };
}
