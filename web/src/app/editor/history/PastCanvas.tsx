import { useReactFlow, useStore as useFlow } from '@xyflow/react';
import { useEffect, useMemo, useState } from 'react';
import { FlowEdges, FlowNodes, type FlowNode } from '../../model/flow';
import type { Differences } from '../../model/differences';
import { sheetOf, sheetsOf, type Graph } from '../../model/sheets';
import { createStore } from '../../store';
import { useOpen } from '../context';
import { Drawing, isTiny } from '../Drawing';
import { whole } from '../motion';
import { NOTHING } from '../state';
import { SurroundingsContext } from '../StepNode';

interface PastCanvasProps {
  graph: Graph;
  changes: Differences;
  seq: number;
}

const NOBODY = createStore({ byNode: new Map() });
const NOWHERE: readonly [] = [];

/** An older state, to look at; what differs is coloured, and what is gone shown faintly. */
export function PastCanvas({ graph, changes, seq }: PastCanvasProps) {
  const { library } = useOpen();
  const tiny = useFlow(isTiny);
  const [makers] = useState(() => ({ nodes: new FlowNodes(), edges: new FlowEdges() }));
  const sheets = useMemo(() => sheetsOf(graph), [graph]);
  const [wanted, setWanted] = useState<string | null>(null);
  const sheet = sheetOf({ sheet: wanted ?? sheetOfFirst(graph, changes) }, sheets);
  const drawn = useMemo(() => {
    const scene = {
      graph,
      sheets,
      sheet,
      configs: library.byType,
      selected: NOTHING,
      places: NOWHERE,
    };
    const nodes = makers.nodes.make({ ...scene, changes: changes.nodes });
    return { nodes, edges: makers.edges.make({ ...scene, changes: changes.edges }, nodes) };
  }, [graph, changes, sheets, sheet, library, makers]);
  const surroundings = useMemo(
    () => ({ types: library.types, editable: false, tiny, byNode: NOBODY }),
    [library, tiny],
  );
  return (
    <SurroundingsContext value={surroundings}>
      <Drawing
        label={`Workflow after change ${seq}`}
        sheet={sheet}
        editable={false}
        grid
        minimap={false}
        elementsSelectable={false}
        {...drawn}
      >
        <InSight nodes={drawn.nodes} changed={changes.nodes} />
      </Drawing>
      {sheets.length > 1 && (
        <select
          className="input past-sheet"
          aria-label="Sheet"
          value={sheet}
          onChange={(event) => setWanted(event.target.value)}
        >
          {sheets.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      )}
    </SurroundingsContext>
  );
}

/** Has something of what has changed on the screen: moves the drawing if nothing of it is there. */
function InSight({ nodes, changed }: { nodes: FlowNode[]; changed: Differences['nodes'] }) {
  const flow = useReactFlow();
  const width = useFlow((state) => state.width);
  const height = useFlow((state) => state.height);
  useEffect(() => {
    const marked = nodes.filter(({ id }) => changed.has(id));
    if (width === 0 || height === 0 || marked.length === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const isSeen = marked.some(({ position, measured }) => {
      const [left, top] = [position.x * zoom + x, position.y * zoom + y];
      const [right, bottom] = [
        left + (measured?.width ?? 0) * zoom,
        top + (measured?.height ?? 0) * zoom,
      ];
      return right > 0 && left < width && bottom > 0 && top < height;
    });
    if (isSeen) return;
    void flow.fitView({ ...whole(), nodes: marked, minZoom: zoom, maxZoom: zoom });
  }, [flow, nodes, changed, width, height]);
  return null;
}

/** The sheet on which something has changed. */
function sheetOfFirst(graph: Graph, { nodes, edges }: Differences): string | null {
  const [key] = nodes.keys();
  const [link] = edges.keys();
  const value = key === undefined ? link !== undefined && graph.edges[link] : graph.nodes[key];
  return value ? sheetOf(value, sheetsOf(graph)) : null;
}
