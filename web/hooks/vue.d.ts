/**
 * Composables for Vue 3.3 and later. Call provideChat in the app or in a component around those
 * that use them.
 *
 * ```vue
 * <script setup>
 * const { poll, vote } = usePoll(() => props.message);
 * </script>
 * <template>
 *   <button v-for="one in poll?.options" @click="vote(one.index)">
 *     {{ one.text }}: {{ one.votes }}
 *   </button>
 * </template>
 * ```
 */
import type { App, ComputedRef, MaybeRefOrGetter } from 'vue';
import type { ChatSDK, Message } from '../sdk/index.js';
import type { PairActions, Pairs, PollActions, PollState } from './types.js';

export type { PairActions, Pairs, Poll, PollActions, PollOption, PollState } from './types.js';

type Computed<State> = { readonly [Name in keyof State]: ComputedRef<State[Name]> };

/** Gives the chat to what the app shows, or, in a setup function, to the components below it. */
export declare function provideChat(chat: ChatSDK, app?: App): void;

/** Returns the chat of provideChat. Throws without one. */
export declare function useChat(): ChatSDK;

/**
 * Returns a message's pairs. On a server, until somebody is logged in, and of a draft, they are
 * 'loading'. It follows the message if that is a ref or a getter, and reactive.
 */
export declare function useExtensions(
  message: MaybeRefOrGetter<Message>,
): Computed<Pairs> & PairActions;

/** Returns the poll that a message is, counted. */
export declare function usePoll(
  message: MaybeRefOrGetter<Message>,
): Computed<PollState> & PollActions & Pick<PairActions, 'reload'>;
