import { sheetsOf } from '../../model/sheets';
import { useGraph, useSession } from '../context';
import { TextField } from './TextField';

/** The workflow as a whole: shown while nothing is selected. */
export function WorkflowPanel() {
  const graph = useGraph();
  const category = useSession((state) => state.document?.category ?? '');
  const description = useSession((state) => state.document?.description ?? '');
  const seq = useSession((state) => state.seq);
  const counts: [string, number][] = [
    ['Nodes', Object.keys(graph.nodes).length],
    ['Connections', Object.keys(graph.edges).length],
    ['Sheets', sheetsOf(graph).length],
    ['Changes', seq],
  ];
  return (
    <div className="panel-body stack">
      <TextField label="Workflow name" path={['name']} value={graph.name} />
      <TextField label="Category" path={['category']} value={category} empty={null} />
      <TextField label="Description" path={['description']} value={description} long empty={null} />
      <dl className="facts">
        {counts.map(([what, count]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{count}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
