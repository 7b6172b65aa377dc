import { useMemo } from 'react';
import { configFor } from '../../model/configs';
import { edgeView, nodeView } from '../../model/graph';
import { IconButton } from '../../ui/Button';
import { useGraph, useOpen, useView } from '../context';
import { EdgePanel } from './EdgePanel';
import { NodePanel } from './NodePanel';
import { SeveralPanel } from './SeveralPanel';
import { WorkflowPanel } from './WorkflowPanel';

/** What is selected, in all its details. */
export function Inspector() {
  const { view } = useOpen();
  const { title, panel } = usePanel();
  return (
    <aside className="side" aria-label="Properties">
      <div className="panel-head">
        <h2>{title}</h2>
        <IconButton
          compact
          icon="close"
          label="Hide properties"
          onClick={() => view.set((before) => ({ ...before, panel: false }))}
        />
      </div>
      {panel}
    </aside>
  );
}

function usePanel() {
  const { library } = useOpen();
  const graph = useGraph();
  const { nodes, edges } = useView((view) => view);
  return useMemo(() => {
    const keys = [...nodes].filter((key) => Object.hasOwn(graph.nodes, key));
    const links = [...edges].filter((key) => Object.hasOwn(graph.edges, key));
    const [key = ''] = keys;
    const [link = ''] = links;
    const value = graph.nodes[key];
    const node =
      value === undefined ? null : nodeView(key, value, configFor(value, library.byType));
    const joined = graph.edges[link];
    const edge = joined === undefined ? null : edgeView(link, joined);
    if (keys.length + links.length > 1) {
      return {
        title: 'Several selected',
        panel: <SeveralPanel nodes={keys.length} edges={links.length} />,
      };
    }
    if (node) return { title: 'Node', panel: <NodePanel key={key} node={node} /> };
    if (edge) return { title: 'Connection', panel: <EdgePanel key={link} edge={edge} /> };
    return { title: 'Workflow', panel: <WorkflowPanel /> };
  }, [nodes, edges, graph, library]);
}
