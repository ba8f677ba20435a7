/**
 * Hooks for React 18 and later. Put a ChatProvider around what uses them.
 *
 * ```jsx
 * function Lunch({ message }) {
 *   const { poll, vote } = usePoll(message);
 *   return poll?.options.map(({ index, text, votes }) => (
 *     <button key={index} onClick={() => vote(index)}>{text}: {votes}</button>
 *   ));
 * }
 * ```
 */
import type { ReactElement, ReactNode } from 'react';
import type { ChatSDK, Message } from '../sdk/index.js';
import type { PairActions, Pairs, PollActions, PollState } from './types.js';

export type { PairActions, Pairs, Poll, PollActions, PollOption, PollState } from './types.js';

/** Gives the chat to the hooks of its children. */
export declare function ChatProvider(props: { chat: ChatSDK; children?: ReactNode }): ReactElement;

/** Returns the chat of the ChatProvider. Throws without one. */
export declare function useChat(): ChatSDK;

/**
 * Returns a message's pairs, and draws again after each change. On a server, until somebody is
 * logged in, and of a draft, they are 'loading'. When the draft was sent, draw its component again.
 */
export declare function useExtensions(message: Message): Pairs & PairActions;

/** Returns the poll that a message is, counted, and draws again after each vote. */
export declare function usePoll(
  message: Message,
): PollState & PollActions & Pick<PairActions, 'reload'>;
