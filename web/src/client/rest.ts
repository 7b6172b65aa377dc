import type { components } from './generated/rest.ts';
import type { Instruction } from './instructions.ts';
import type { Json } from './json.ts';

type Schemas = components['schemas'];
export type User = Schemas['UserShown'];
export type WorkflowHead = Schemas['WorkflowHead'];
export type WorkflowList = Schemas['WorkflowList'];
export type NewWorkflow = Schemas['NewWorkflow'];
export type WholeWorkflow = Schemas['WholeWorkflow'];
export type WorkflowChanges = Schemas['WorkflowChanges'];
export type History = Schemas['History'];
export type HistoryEntry = Schemas['HistoryBatch'];
export type Category = Schemas['Category'];
export type NodeConfig = Schemas['NodeConfig'];
export type DataType = Schemas['DataType'];
export type Image = Schemas['ImageShown'];
export type ImageList = Schemas['ImageList'];
export type Uploaded = Schemas['Uploaded'];
export type WorkspaceEntry = Schemas['WorkspaceShown'];
export type Committed = Schemas['Committed'];

/** What the server has answered instead of what was asked for. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: readonly { readonly field: string; readonly message: string }[],
  ) {
    super(message);
  }
}

export type Query = { readonly [name: string]: string | number | null | undefined };

/** One call: its method, its path under /api, and what goes with it. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: readonly string[];
  readonly query?: Query;
  readonly body?: unknown;
  readonly form?: FormData;
}

/** Asks the server; throws ApiError, and TypeError if it cannot be reached. */
export type Ask = <T>(call: Call) => Promise<T>;

export async function answerOf<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw refusal(response.status, text);
}

function refusal(status: number, text: string): ApiError {
  try {
    const { error, message, details } = JSON.parse(text) as Schemas['Problem'];
    return new ApiError(status, error, message, details ?? undefined);
  } catch {
    return new ApiError(status, 'internal_error', `The server has answered ${status}.`);
  }
}

/** The address of a call below `root`. */
export function addressOf(root: string, { path, query = {} }: Call): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') asked.set(name, String(value));
  }
  const tail = asked.size ? `?${asked}` : '';
  return `${root}/api/${path.map(encodeURIComponent).join('/')}${tail}`;
}

export function workflowCalls(ask: Ask) {
  const one = (key: string) => ['workflow', key];
  return {
    list: (query: Query = {}) => ask<WorkflowList>({ path: ['workflow'], query }),
    create: async (body: NewWorkflow) =>
      (await ask<Schemas['WorkflowKey']>({ method: 'POST', path: ['workflow'], body })).workflowKey,
    /** The newest state, or that after batch `seq`. */
    get: async (key: string, seq?: number) =>
      (await ask<Schemas['ReadWorkflow']>({ path: one(key), query: { seq } })).workflow,
    change: async (key: string, body: WorkflowChanges) =>
      (await ask<Schemas['ChangedWorkflow']>({ method: 'PUT', path: one(key), body })).workflow,
    remove: (key: string) => ask<undefined>({ method: 'DELETE', path: one(key) }),
    instructions: (key: string, instructions: readonly Instruction[], id?: string) =>
      ask<Committed>({
        method: 'POST',
        path: [...one(key), 'instructions'],
        body: { instructions, id },
      }),
    restore: (key: string, seq: number) =>
      ask<Schemas['Restored']>({ method: 'POST', path: [...one(key), 'restore'], body: { seq } }),
    history: (key: string, query: { limit?: number; before?: number } = {}) =>
      ask<History>({ path: ['history', key], query }),
  };
}

/** The calls of a catalog; `many` and `single` are the names of its fields in answers. */
export function catalogCalls<Entry>(ask: Ask, path: string, many: string, single: string) {
  return {
    list: async (query: Query = {}) =>
      (await ask<{ [field: string]: Entry[] }>({ path: [path], query: { limit: 1000, ...query } }))[
        many
      ] as Entry[],
    get: async (key: string) =>
      (await ask<{ [field: string]: Entry }>({ path: [path, key] }))[single] as Entry,
    create: async (body: { readonly [field: string]: unknown }) =>
      (await ask<{ [field: string]: string }>({ method: 'POST', path: [path], body }))[
        `${single}Key`
      ] as string,
    change: (key: string, body: { readonly [field: string]: unknown }) =>
      ask<Json>({ method: 'PUT', path: [path, key], body }),
    remove: (key: string) => ask<undefined>({ method: 'DELETE', path: [path, key] }),
  };
}

export function imageCalls(ask: Ask, root: string) {
  return {
    list: (query: Query = {}) => ask<ImageList>({ path: ['image'], query }),
    upload: (file: Blob, name?: string, workspace?: string) => {
      const form = new FormData();
      form.set('file', file, name ?? (file instanceof File ? file.name : 'image'));
      if (name) form.set('name', name);
      if (workspace) form.set('workspace', workspace);
      return ask<Uploaded>({ method: 'POST', path: ['image', 'upload'], form });
    },
    rename: (key: string, name: string) =>
      ask<Json>({ method: 'PUT', path: ['image', key, 'rename'], body: { name } }),
    remove: (key: string) => ask<undefined>({ method: 'DELETE', path: ['image', key] }),
    /** Where its bytes are, for everybody who knows the address; scaled down to a width. */
    url: (key: string, width?: number) =>
      addressOf(root, { path: ['image', key], query: { width } }),
  };
}

export function workspaceCalls(ask: Ask) {
  const member = (key: string, username: string) => ['workspace', key, 'member', username];
  return {
    list: async () => (await ask<Schemas['Workspaces']>({ path: ['workspace'] })).workspaces,
    create: async (name: string) =>
      (
        await ask<Schemas['WorkspaceMade']>({
          method: 'POST',
          path: ['workspace'],
          body: { name },
        })
      ).workspaceKey,
    members: (key: string, query: Query = {}) =>
      ask<Schemas['Members']>({ path: ['workspace', key, 'member'], query }),
    setMember: (key: string, username: string, role: string) =>
      ask<Json>({ method: 'PUT', path: member(key, username), body: { role } }),
    removeMember: (key: string, username: string) =>
      ask<undefined>({ method: 'DELETE', path: member(key, username) }),
  };
}
