import type { ExtensionSummary, Message } from '../sdk/index.js';

/** The pairs of a message as they are now. A new object and a new Map after each change. */
export interface Pairs {
  /**
   * 'loading' until they were first read, which is when somebody is logged in and the message is
   * sent; 'ready' from then on, until a logout; 'error' if that failed: `error` says why, and
   * reload tries again, as does a new connection.
   */
  readonly state: 'loading' | 'ready' | 'error';
  readonly pairs: ReadonlyMap<string, string>;
  /** What they come to, of a message that has rules; null without rules, and while 'loading'. */
  readonly summary: ExtensionSummary | null;
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
  /** Null while the message's rules hide it. */
  readonly votes: number | null;
  /** Those that one may read. */
  readonly voters: readonly string[];
  /**
   * Whether the user who is logged in voted for it. If the rules make keys anonymous and show the
   * pairs of others, nobody can tell, and it is false.
   */
  readonly mine: boolean;
}

export interface Poll {
  readonly title: string;
  /** Whether one may choose several options. */
  readonly several: boolean;
  /** Whether the app should not show who voted. Without rules the names are in the pairs. */
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
  /**
   * Ends the poll: with rules for good, and its author may. Without rules the hub still takes
   * votes, and it is for apps to ask whether it is closed.
   */
  readonly close: () => Promise<void>;
}

export interface PollState {
  readonly state: Pairs['state'];
  /** Null until the pairs were read, and if the message is no poll. */
  readonly poll: Poll | null;
  readonly error: Error | null;
}

export type { Message };
