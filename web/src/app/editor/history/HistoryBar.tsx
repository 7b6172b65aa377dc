import { useState } from 'react';
import { client } from '../../account';
import { go, href } from '../../router';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Icon } from '../../ui/Icon';
import { tell } from '../../ui/toasts';
import { useCanEdit, useGraph, useOpen } from '../context';

/** Which state is looked at, and the ways back. */
export function HistoryBar({ seq, newest }: { seq: number; newest: number }) {
  const { workflowKey } = useOpen();
  const graph = useGraph();
  const editable = useCanEdit();
  const [asked, setAsked] = useState(false);
  const back = href(['workflow', workflowKey]);
  const restore = async () => {
    await client.workflows.restore(workflowKey, seq);
    tell(
      'good',
      `The workflow is again as it was after change ${seq}`,
      'This is a change like any other: it can be undone.',
    );
    go(back);
  };
  return (
    <header className="bar editor-bar">
      <a className="button" href={back} aria-label="Back to editing">
        <Icon name="back" /> <span className="wide-only">Back to editing</span>
      </a>
      <h1 className="truncate">
        <span className="wide-only">History of </span>
        {graph.name}
      </h1>
      <span className="chip wide-only">
        <Icon name="eye" size={15} /> Read-only
      </span>
      <div className="bar-end">
        {editable && (
          <Button
            icon="restore"
            kind="primary"
            aria-label="Restore this state"
            disabled={seq === newest}
            onClick={() => setAsked(true)}
          >
            Restore<span className="wide-only"> this state</span>
          </Button>
        )}
      </div>
      {asked && (
        <ConfirmDialog
          title={`Restore the state after change ${seq}?`}
          submit="Restore"
          danger={false}
          onClose={() => setAsked(false)}
          onConfirm={restore}
        >
          <p>
            The workflow becomes for everybody what it was then. What came later stays in the
            history, and nothing is lost.
          </p>
        </ConfirmDialog>
      )}
    </header>
  );
}
