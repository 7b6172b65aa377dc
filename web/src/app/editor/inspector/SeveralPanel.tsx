import { Button } from '../../ui/Button';
import { arrange } from '../arrange';
import { useCanEdit, useOpen } from '../context';

/** What can be done with several at once. */
export function SeveralPanel({ nodes, edges }: { nodes: number; edges: number }) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const parts = [
    nodes && `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`,
    edges && `${edges} ${edges === 1 ? 'connection' : 'connections'}`,
  ];
  return (
    <div className="panel-body stack">
      <p className="muted">
        {parts.filter(Boolean).join(' and ')}. Drag one of the nodes to move all of them.
      </p>
      {editable && (
        <div className="stack tight">
          <Button icon="copy" disabled={nodes === 0} onClick={() => actions.duplicate()}>
            Duplicate
          </Button>
          <Button icon="layout" disabled={nodes < 2} onClick={() => void arrange(actions)}>
            Arrange these
          </Button>
          <Button icon="trash" kind="danger" onClick={() => actions.removeSelected()}>
            Delete
          </Button>
        </div>
      )}
    </div>
  );
}
