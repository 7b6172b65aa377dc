// Made by `npm run types` of what the server says of itself.

export interface Messages {
Incoming?: (Connect | Instructions | Undo | Redo | Save | Presence | Leave | Auth | Ping)
Outgoing?: (Connected | Update | Updates | Ack | Error | Present | Saved | Deleted | Pong | TokenExpiring | Closing)
}
/**
 * Join a workflow, for the first time on this socket or anew.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Connect".
 */
export interface Connect {
batch?: boolean
clientId?: (string | null)
epoch?: (string | null)
lastSeq?: (number | null)
token: string
type: "connect"
workflowKey: string
}
/**
 * One batch. A `clientId` stands for this batch instead of the socket's.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Instructions".
 */
export interface Instructions {
clientId?: (string | null)
id?: (string | null)
/**
 * @minItems 1
 * @maxItems 256
 */
instructions: [Instruction, ...(Instruction)[]]
type: "instructions"
workflowKey: string
}
/**
 * One instruction as it came: any JSON object is one; `prepare` says whether a good one.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Instruction".
 */
export interface Instruction {
d?: unknown
f?: unknown
i?: unknown
l?: unknown
o?: unknown
p?: unknown
r?: unknown
s?: unknown
t?: unknown
v?: unknown
}
/**
 * Take the user's newest batch back.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Undo".
 */
export interface Undo {
id?: (string | null)
type: "undo"
workflowKey: string
}
/**
 * Take the user's newest undo back.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Redo".
 */
export interface Redo {
id?: (string | null)
type: "redo"
workflowKey: string
}
/**
 * Save the snapshot now.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Save".
 */
export interface Save {
type: "save"
workflowKey: string
}
/**
 * What this client is at; null clears it.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Presence".
 */
export interface Presence {
state?: unknown
type: "presence"
workflowKey: string
}
/**
 * Follow a workflow no longer.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Leave".
 */
export interface Leave {
type: "leave"
workflowKey: string
}
/**
 * A fresh token for a socket that outlives its first.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Auth".
 */
export interface Auth {
token: string
type: "auth"
}
/**
 * Ask for a pong.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Ping".
 */
export interface Ping {
type: "ping"
}
/**
 * The answer to `connect`; `workflow` is the encoded document.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Connected".
 */
export interface Connected {
clientId: string
epoch: string
limits: {
[k: string]: number
}
participants: Participant[]
resumed: boolean
role: string
seq: number
type: "connected"
userId: string
workflow?: {

}
workflowKey: string
}
/**
 * Somebody who is in the workflow; `state` is the last presence, or null.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Participant".
 */
export interface Participant {
clientId: string
state?: unknown
userId: string
username: string
}
/**
 * A batch of somebody else.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Update".
 */
export interface Update {
instructions: Instruction[]
seq: number
sourceClientId: (string | null)
timestamp: number
type: "update"
userId: string
workflowKey: string
}
/**
 * Batches, one's own too.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Updates".
 */
export interface Updates {
type: "updates"
updates: unknown[]
workflowKey: string
}
/**
 * A batch of one's own that had an id; `instructions` where others were applied than sent.
 * 
 * `skipped`: the paths that an undo or redo left alone, as somebody else touched them.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Ack".
 */
export interface Ack {
id: string
instructions?: Instruction[]
seq: number
skipped?: string[][]
timestamp: number
type: "ack"
workflowKey: string
}
/**
 * Something refused; it changed nothing.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Error".
 */
export interface Error {
code: string
id?: string
index?: number
message: string
type: "error"
workflowKey?: string
}
/**
 * The last state of another client; null: it has none, or is gone.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Present".
 */
export interface Present {
clientId: string
state: unknown
type: "presence"
userId: string
username: string
workflowKey: string
}
/**
 * The snapshot stands for this seq now.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Saved".
 */
export interface Saved {
seq: number
timestamp: number
type: "saved"
workflowKey: string
}
/**
 * The workflow is gone.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Deleted".
 */
export interface Deleted {
type: "deleted"
workflowKey: string
}
/**
 * The answer to `ping`.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Pong".
 */
export interface Pong {
type: "pong"
}
/**
 * The token ends at this time, in milliseconds since 1970; send a fresh one with `auth`.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "TokenExpiring".
 */
export interface TokenExpiring {
expiresAt: number
type: "tokenExpiring"
}
/**
 * The server is about to close the socket; come back after this many milliseconds.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Closing".
 */
export interface Closing {
retryAfterMs: number
type: "closing"
}
/**
 * A batch, as an element of `updates`.
 * 
 * This interface was referenced by `Messages`'s JSON-Schema
 * via the `definition` "Entry".
 */
export interface Entry {
id?: string
instructions: Instruction[]
seq: number
skipped?: string[][]
sourceClientId: (string | null)
timestamp: number
userId: string
}
