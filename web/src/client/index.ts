export { apply, type Effect } from './apply';
export { NodiusClient, SignedOut, type ClientOptions } from './client';
export { applyBatch, type Applied, type Doc } from './document';
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
} from './instructions';
export type { Json, JsonObject } from './json';
export { InstructionError, type RefusalCode } from './refused';
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
} from './rest';
export { WorkflowSession, type SessionOptions } from './session';
export type { Participant, Role, SessionState, Status, Told, Update } from './state';
export type { SocketLike, World } from './socket';
export { openIndexed, openMemory, type BatchStore, type OpenStore } from './storage';
export { inBrowser, inMemory, type Kept, type TokenStore } from './tokens';
