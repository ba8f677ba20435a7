/**
 * Widgets for any page: `<ext-poll>`, live and in one line of HTML. Importing this file defines the
 * elements. docs/widgets.md has what is set, told and styled.
 *
 * ```html
 * <script src="https://hub.example/widgets.js" defer></script>
 * <ext-poll message="g.lunch.3"></ext-poll>
 * ```
 */
import type { ChatSDK, Message } from '../sdk/index.js';

/** Who the reader is. Without sdkAppID, it is read from the UserSig. */
export interface Ticket {
  userID: string;
  userSig: string;
  sdkAppID?: number;
  /** Of a guest: how many seconds the UserSig is good for. */
  expiresIn?: number;
}

/** A ticket, what gets one, or where one is fetched from. Asked again when the UserSig expires. */
export type TicketSource = string | Ticket | (() => Ticket | Promise<Ticket>);

export type WidgetState =
  | 'loading'
  | 'empty'
  | 'open'
  | 'pending'
  | 'voted'
  | 'conflict'
  | 'offline'
  | 'busy'
  | 'closed'
  | 'full'
  | 'denied'
  | 'unsupported'
  | 'error';

/**
 * What widgets need of a chat. A ChatSDK has it; where the page sets none, widgets have a client of
 * their own with no more than this. That one leaves it to the hub to check parameters, and does not
 * tell what happened while there was no connection: read again when there is one.
 */
export type WidgetClient = Pick<
  ChatSDK,
  | 'isReady'
  | 'getLoginUser'
  | 'on'
  | 'once'
  | 'off'
  | 'joinGroup'
  | 'findMessage'
  | 'getMessageList'
  | 'getMessageExtensions'
  | 'setMessageExtensions'
  | 'deleteMessageExtensions'
  | 'getMessageExtensionSummary'
  | 'closeMessageExtensions'
>;

/** What all widgets have. */
export interface ExtWidget extends HTMLElement {
  /** The chat that it uses. Set a ChatSDK, and many widgets and the page share one. */
  client: WidgetClient | null;
  /** Who the reader is; null: a guest. */
  ticket: TicketSource | null;
  /**
   * Who people are, by userID: the name that a chain shows, its userID where that is undefined. Set
   * it again when names have changed.
   */
  names: ((userID: string) => string | undefined) | null;
  readonly state: WidgetState;
  /** Takes one's answer back. Rejects with what the hub refuses, as do the others. */
  retract(): Promise<void>;
  /** Ends it, for good where the message has rules. Its author may. */
  close(): Promise<void>;
  /** What there is, as CSV. */
  export(): string;
}

export interface ExtPoll extends ExtWidget {
  /** Votes for these options, in place of an earlier vote; resolves when the hub has it. */
  vote(...choices: (string | number)[]): Promise<void>;
}
export declare const ExtPoll: { new (): ExtPoll };

/** What `ext-change` tells. Votes and shares are null while they are hidden. */
export interface PollChange {
  total: number;
  closed: boolean;
  options: { index: string; text: string; votes: number | null; share: number | null }[];
}

/** A list to which everybody adds one entry. */
export interface ExtChain extends ExtWidget {
  /** Adds one's entry, or changes it; it keeps its place. */
  vote(text: string): Promise<void>;
}
export declare const ExtChain: { new (): ExtChain };

/** What `ext-change` tells of a chain. */
export interface ChainChange {
  total: number;
  closed: boolean;
  entries: { name: string; text: string }[];
}

/** Several questions, which one person answers together. */
export interface ExtSurvey extends ExtWidget {
  /** Answers all questions: numbers of options, several joined by _, or texts; '' skips one. */
  vote(...answers: string[]): Promise<void>;
}
export declare const ExtSurvey: { new (): ExtSurvey };

/** What `ext-change` tells of a survey. Questions are null while results are hidden. */
export interface SurveyChange {
  total: number;
  closed: boolean;
  questions: { votes: number[] | null; texts: string[] }[] | null;
}

declare global {
  interface HTMLElementTagNameMap {
    'ext-poll': ExtPoll;
    'ext-chain': ExtChain;
    'ext-survey': ExtSurvey;
  }
  interface HTMLElementEventMap {
    'ext-ready': CustomEvent<{ message: Message }>;
    'ext-vote': CustomEvent<any>;
    'ext-change': CustomEvent<any>;
    'ext-conflict': CustomEvent<{ mine: any; theirs: any }>;
    'ext-close': CustomEvent<{}>;
    'ext-error': CustomEvent<{ code: number; message: string }>;
    'ext-state': CustomEvent<{ state: WidgetState; previous: WidgetState }>;
  }
}

/**
 * The words by language. Set one to add a language, or to say something else; what a language does
 * not have is said in English. A word with several forms has them by Intl.PluralRules.
 */
export declare const words: Record<string, Record<string, string | Record<string, string>>>;
