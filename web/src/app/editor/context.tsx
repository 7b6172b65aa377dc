import type { Viewport } from '@xyflow/react';
import { createContext, use, useSyncExternalStore } from 'react';
import type { SessionState, WorkflowSession } from '../../client';
import type { Graph } from '../model/sheets';
import { useStore, type Store } from '../store';
import type { Actions } from './actions';
import type { Library } from './library';
import type { Peers } from './peers';
import type { View } from './state';

/** What all parts of the open workflow share. */
export interface Open {
  workflowKey: string;
  session: WorkflowSession;
  view: Store<View>;
  actions: Actions;
  peers: Peers;
  library: Library;
  /** What was seen of each sheet last. */
  viewports: Map<string, Viewport>;
}

export const OpenContext = createContext<Open | null>(null);

/** The open workflow. */
export function useOpen(): Open {
  const open = use(OpenContext);
  if (!open) throw new Error('No workflow is open here.');
  return open;
}

/** A part of the session's state. */
export function useSession<Part>(part: (state: SessionState) => Part): Part {
  const { session } = useOpen();
  const read = () => part(session.state());
  return useSyncExternalStore(session.subscribe, read, read);
}

/** A part of what is seen. */
export function useView<Part>(part: (view: View) => Part): Part {
  return useStore(useOpen().view, part);
}

/** The document as it is now; for what is shown once there is one. */
export function useGraph(): Graph {
  const graph = useSession((state) => state.document) as Graph | null;
  if (!graph) throw new Error('The document is not there yet.');
  return graph;
}

/** Whether one may change the workflow. */
export function useCanEdit(): boolean {
  return useSession(({ role, status }) => role !== null && role !== 'viewer' && status !== 'ended');
}
