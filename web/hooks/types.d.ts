import type { Message } from '../sdk/index.js';

/** The pairs of a message as they are now. A new object and a new Map after each change. */
export interface Pairs {
  /**
   * 'loading' until they were first read, 'ready' from then on, 'error' if that failed: `error`
   * says why, and reload tries again.
   */
  readonly state: 'loading' | 'ready' | 'error';
  readonly pairs: ReadonlyMap<string, string>;
  readonly error: Error | null;
}

/** What changes them. Each rejects as the SDK's method does, and with 23001 after a conflict. */
export interface PairActions {
  /** Sets pairs, at most 20 at a time. */
  readonly set: (values: Record<string, string>) => Promise<void>;
  /** Deletes the pairs of these keys. */
  readonly remove: (...keys: string[]) => Promise<void>;
  /** Reads again. */
  readonly reload: () => void;
}

export interface PollOption {
  /** What a vote for it is: "1", "2" and so on. */
  readonly index: string;
  readonly text: string;
  readonly votes: number;
  readonly voters: readonly string[];
  /** Whether the user who is logged in voted for it. */
  readonly mine: boolean;
}

export interface Poll {
  readonly title: string;
  /** Whether one may choose several options. */
  readonly several: boolean;
  /** Whether the app should not show who voted. The names are in the pairs nevertheless. */
  readonly anonymous: boolean;
  readonly options: readonly PollOption[];
  /** How many people voted. */
  readonly total: number;
  /** Whether the user who is logged in did. */
  readonly voted: boolean;
  readonly closed: boolean;
}

/** Each rejects as set and remove do. */
export interface PollActions {
  /** Votes for the options of these indexes, in place of an earlier vote. */
  readonly vote: (...indexes: string[]) => Promise<void>;
  /** Takes one's vote back. */
  readonly retract: () => Promise<void>;
  /** Ends the poll, for apps that ask for that: without rules the hub still takes votes. */
  readonly close: () => Promise<void>;
}

export interface PollState {
  readonly state: Pairs['state'];
  /** Null until the pairs were read, and if the message is no poll. */
  readonly poll: Poll | null;
  readonly error: Error | null;
}

export type { Message };
