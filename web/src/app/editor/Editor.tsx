import { ReactFlowProvider } from '@xyflow/react';
import { useEffect, useState } from 'react';
import '@xyflow/react/dist/style.css';
import '../../styles/canvas.css';
import { client } from '../account';
import { usePlace } from '../router';
import { createStore, useStore } from '../store';
import { Actions } from './actions';
import { OpenContext, useSession, type Open } from './context';
import { Deeds } from './deeds';
import { Ended } from './Ended';
import { EMPTY, loadLibrary } from './library';
import { listen } from './news';
import { Peers } from './peers';
import { createView } from './state';
import { Workbench } from './Workbench';
import { HistoryView } from './history/HistoryView';
import { Loading } from '../ui/Empty';
import { tell } from '../ui/toasts';
import { said } from '../useLoaded';

/** One workflow, open. */
export default function Editor({ workflowKey }: { workflowKey: string }) {
  const open = useOpened(workflowKey);
  if (!open) return <Loading what="the workflow" />;
  return (
    <OpenContext value={open}>
      <ReactFlowProvider>
        <Pages />
      </ReactFlowProvider>
    </OpenContext>
  );
}

/** The workflow's session and what belongs to it, as long as this is shown. */
function useOpened(workflowKey: string): Open | null {
  const [opened] = useState(() => createStore<Open | null>(null));
  useEffect(() => {
    const session = client.open(workflowKey);
    const view = createView();
    const deeds = new Deeds();
    const actions = new Actions(session, view, deeds);
    const peers = new Peers(session, view, () => actions.sheet);
    const quiet = listen(session, deeds);
    opened.set(() => ({
      workflowKey,
      session,
      view,
      actions,
      peers,
      library: EMPTY,
      viewports: new Map(),
    }));
    loadLibrary().then(
      (library) => opened.set((open) => (open?.session === session ? { ...open, library } : open)),
      (error: unknown) => tell('warning', 'The palette could not be loaded', said(error)),
    );
    return () => {
      opened.set(() => null);
      quiet();
      peers.stop();
      session.close();
    };
  }, [workflowKey, opened]);
  return useStore(opened, (open) => open);
}

function Pages() {
  const { parts } = usePlace();
  const ended = useSession((state) => (state.status === 'ended' ? state.ended : undefined));
  const name = useSession((state) => state.document?.name);
  useEffect(() => {
    document.title = name === undefined ? 'Nodius' : `${name} – Nodius`;
  }, [name]);
  if (ended) return <Ended code={ended.code} message={ended.message} />;
  if (name === undefined) return <Loading what="the workflow" />;
  return parts[2] === 'history' ? <HistoryView /> : <Workbench />;
}
