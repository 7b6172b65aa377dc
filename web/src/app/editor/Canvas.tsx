import {
  useReactFlow,
  useStore as useFlow,
  type Connection,
  type EdgeChange,
  type NodeChange,
} from '@xyflow/react';
import { useCallback, useMemo, useRef, useState, type DragEvent, type PointerEvent } from 'react';
import type { Point } from '../model/edits';
import type { Size } from '../model/graph';
import { FlowEdges, FlowNodes, portNamed, type FlowEdge, type FlowNode } from '../model/flow';
import { fits } from '../model/ports';
import { sheetOf, sheetsOf } from '../model/sheets';
import { useStore } from '../store';
import { useCanEdit, useGraph, useOpen, useView } from './context';
import { Cursors } from './Cursors';
import { Drawing, isTiny } from './Drawing';
import { dropped } from './drops';
import { SurroundingsContext } from './StepNode';
import { Tools } from './Tools';

/** Milliseconds after the last step by keyboard until nodes stay where they are. */
const REST = 250;

/** The drawing that one works on. */
export function Canvas() {
  const { view, actions, peers, library } = useOpen();
  const editable = useCanEdit();
  const { nodes, edges, sheet } = useDrawn();
  const { minimap, grid } = useView((each) => each);
  const dragging = useView((each) => each.moving !== null);
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const tiny = useFlow(isTiny);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const drop = useCallback(() => {
    clearTimeout(timer.current);
    actions.drop();
  }, [actions]);
  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const moved = changes.flatMap((each): [string, Point][] =>
        each.type === 'position' && each.position ? [[each.id, each.position]] : [],
      );
      const stretched = changes.find((each) => each.type === 'dimensions' && each.resizing);
      if (stretched?.type === 'dimensions' && stretched.dimensions) {
        actions.stretch(stretched.id, stretched.dimensions);
      }
      const [lead] = moved;
      if (lead) {
        const { anchor } = view.get();
        actions.hold(moved, anchor ?? lead[0]);
        clearTimeout(timer.current);
        const dragged = changes.some((each) => each.type === 'position' && each.dragging);
        if (!dragged && !stretched) timer.current = setTimeout(drop, REST);
      }
      choose(changes, 'nodes', view);
    },
    [actions, view, drop],
  );
  const onEdgesChange = useCallback(
    (changes: EdgeChange<FlowEdge>[]) => choose(changes, 'edges', view),
    [view],
  );
  const onConnect = useCallback(
    ({ source, target, sourceHandle, targetHandle }: Connection) =>
      actions.connect({ source, target, sourceHandle, targetHandle }),
    [actions],
  );
  const onReconnect = useCallback(
    (edge: FlowEdge, { source, target, sourceHandle, targetHandle }: Connection) =>
      actions.reconnect(edge.id, { source, target, sourceHandle, targetHandle }),
    [actions],
  );
  const isValidConnection = useCallback(
    ({ source, target, sourceHandle, targetHandle }: Connection | FlowEdge) => {
      const [from, to] = [flow.getNode(source), flow.getNode(target)];
      const out = from && portNamed(from, 'out', sourceHandle ?? null);
      const into = to && portNamed(to, 'in', targetHandle ?? null);
      return (
        source !== target && Boolean(out && into && fits(out.accept, into.accept, library.types))
      );
    },
    [flow, library],
  );
  const onPointerMove = useCallback(
    (event: PointerEvent) =>
      peers.pointAt(flow.screenToFlowPosition({ x: event.clientX, y: event.clientY })),
    [peers, flow],
  );
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    void dropped(event.dataTransfer, at, actions, library);
  };
  const surroundings = useMemo(
    () => ({
      types: library.types,
      editable,
      tiny,
      byNode: peers.others,
      onResized: (key: string, to: Point & Size) => actions.resize(key, to),
    }),
    [library, editable, tiny, peers, actions],
  );
  return (
    <SurroundingsContext value={surroundings}>
      <Drawing
        label="Workflow"
        sheet={sheet}
        editable={editable}
        grid={grid}
        minimap={minimap}
        className={dragging ? 'is-moving' : ''}
        nodes={nodes}
        edges={edges}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDragStop={drop}
        onSelectionDragStop={drop}
        onConnect={onConnect}
        onReconnect={onReconnect}
        isValidConnection={isValidConnection}
        onPointerMove={onPointerMove}
        onPointerLeave={() => peers.pointAt(null)}
        onDragOver={(event) => {
          if (editable) event.preventDefault();
        }}
        onDrop={onDrop}
      >
        <Cursors />
        <Tools />
      </Drawing>
    </SurroundingsContext>
  );
}

/** The nodes and edges of the sheet that is shown, as the canvas takes them. */
function useDrawn() {
  const { library, peers } = useOpen();
  const graph = useGraph();
  const { sheet: wanted, nodes: chosen, edges: chosenEdges, moving, sizes } = useView((v) => v);
  const dragged = useStore(peers.others, (others) => others.dragged);
  const [makers] = useState(() => ({ nodes: new FlowNodes(), edges: new FlowEdges() }));
  return useMemo(() => {
    const sheets = sheetsOf(graph);
    const scene = {
      graph,
      sheets,
      sheet: sheetOf({ sheet: wanted }, sheets),
      configs: library.byType,
      selected: chosen,
      places: moving ? [moving, dragged] : [dragged],
      sizes,
      changes: null,
    };
    const nodes = makers.nodes.make(scene);
    const edges = makers.edges.make({ ...scene, selected: chosenEdges }, nodes);
    return { nodes, edges, sheet: scene.sheet };
  }, [graph, wanted, chosen, chosenEdges, moving, sizes, dragged, library, makers]);
}

/** Have selected what the canvas says is. */
function choose(
  changes: readonly (NodeChange<FlowNode> | EdgeChange<FlowEdge>)[],
  what: 'nodes' | 'edges',
  view: ReturnType<typeof useOpen>['view'],
): void {
  const chosen = changes.filter((each) => each.type === 'select');
  if (chosen.length === 0) return;
  view.set((before) => {
    const next = new Set(before[what]);
    for (const { id, selected } of chosen) {
      if (selected) next.add(id);
      else next.delete(id);
    }
    return { ...before, [what]: next };
  });
}
