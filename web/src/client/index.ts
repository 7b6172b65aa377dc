export { apply, type Effect } from './apply.ts';
export { NodiusClient, type ClientOptions } from './client.ts';
export { applyBatch, type Applied, type Doc } from './document.ts';
export {
  append,
  insertText,
  merge,
  move,
  op,
  remove,
  set,
  type Instruction,
  type Path,
} from './instructions.ts';
export type { Json, JsonObject } from './json.ts';
export { InstructionError, type RefusalCode } from './refused.ts';
export {
  ApiError,
  type Category,
  type DataType,
  type History,
  type HistoryEntry,
  type Image,
  type NewWorkflow,
  type NodeConfig,
  type Uploaded,
  type User,
  type WholeWorkflow,
  type WorkflowChanges,
  type WorkflowHead,
  type WorkflowList,
  type WorkspaceEntry,
} from './rest.ts';
export { WorkflowSession, type SessionOptions } from './session.ts';
export type { Participant, Role, SessionState, Status, Told, Update } from './state.ts';
export type { SocketLike, World } from './socket.ts';
export { openIndexed, openMemory, type BatchStore, type OpenStore } from './storage.ts';
export { inBrowser, inMemory, SignedOut, type Kept, type TokenStore } from './tokens.ts';
