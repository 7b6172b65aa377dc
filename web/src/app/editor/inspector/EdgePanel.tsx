import { objectOf, textOf } from '../../model/json';
import type { EdgeView } from '../../model/graph';
import { Button } from '../../ui/Button';
import { useCanEdit, useGraph, useOpen } from '../context';
import { select } from '../state';
import { TextField } from './TextField';

/** One edge. */
export function EdgePanel({ edge }: { edge: EdgeView }) {
  const { actions, view } = useOpen();
  const graph = useGraph();
  const editable = useCanEdit();
  const nameOf = (key: string) => textOf(objectOf(graph.nodes[key])?.['name']) ?? key;
  const ends: [string, string, string | null][] = [
    ['From', edge.source, edge.sourceHandle],
    ['To', edge.target, edge.targetHandle],
  ];
  return (
    <div className="panel-body stack">
      <TextField
        label="Label"
        path={['edges', edge.key, 'label']}
        value={edge.label}
        placeholder="None"
      />
      <dl className="facts wide">
        {ends.map(([what, key, port]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <button type="button" className="link" onClick={() => select(view, [key])}>
                {nameOf(key)}
              </button>
              {port && <span className="muted small"> at {port}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {editable && (
        <Button icon="trash" kind="danger" onClick={() => actions.removeSelected()}>
          Delete connection
        </Button>
      )}
    </div>
  );
}
