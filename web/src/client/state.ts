import type { Doc } from './document.ts';
import type { Instruction } from './instructions.ts';
import type { Json } from './json.ts';

export type Role = 'viewer' | 'editor' | 'owner';

export interface Participant {
  readonly clientId: string;
  readonly userId: string;
  readonly username: string;
  readonly state: Json;
}

export type Status = 'connecting' | 'live' | 'offline' | 'ended';

/** How a session is; another object whenever something of it has changed. */
export interface SessionState {
  readonly status: Status;
  /** Why it will not go on by itself. */
  readonly ended: { readonly code: string; readonly message: string } | null;
  readonly role: Role | null;
  /** The newest batch that was told. */
  readonly seq: number;
  /** The batch that the newest snapshot known of stands for. */
  readonly savedSeq: number;
  /** The document, with what is asked for and not answered yet; null until it is there. */
  readonly document: Doc | null;
  /** Batches without an answer. */
  readonly pending: number;
  /** The others. */
  readonly participants: readonly Participant[];
  /** When it is tried again, on the clock of `performance.now()`. */
  readonly retryAt: number | null;
}

/** A batch that was told: somebody else's, or one's own. */
export interface Update {
  readonly seq: number;
  readonly userId: string;
  readonly clientId: string | null;
  readonly timestamp: number;
  readonly instructions: readonly Instruction[];
  /** If it is one of this session. */
  readonly id?: string;
}

export interface Told {
  update: Update;
  acknowledged: { readonly id: string; readonly seq: number };
  /** The server has refused a batch; the document is shown without it. */
  rejected: {
    readonly id: string;
    readonly code: string;
    readonly message: string;
    readonly instructions: readonly Instruction[];
  };
  undone: { readonly id: string; readonly skipped: readonly (readonly string[])[] | null };
  deleted: undefined;
  closed: { readonly code: string; readonly message: string };
}

/** Before anything is known. */
export const START: SessionState = {
  status: 'connecting',
  ended: null,
  role: null,
  seq: -1,
  savedSeq: -1,
  document: null,
  pending: 0,
  participants: [],
  retryAt: null,
};
