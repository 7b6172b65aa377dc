import type { Edge, Node } from '@xyflow/react';
import { configFor, type NodeConfig } from './configs';
import type { Change } from './differences';
import type { Point } from './edits';
import { edgeView, nodeView, type EdgeView, type NodeView, type Size } from './graph';
import { boundsOf } from './portPlaces';
import { completed, type Port } from './ports';
import { sheetOf, type Graph, type Sheet } from './sheets';

export interface StepData extends Record<string, unknown> {
  view: NodeView;
  ports: readonly Port[];
  change: Change | null;
  /** Whether it is all that is selected. */
  alone: boolean;
}
export type FlowNode = Node<StepData, 'step'>;
export interface LinkData extends Record<string, unknown> {
  view: EdgeView;
}
export type FlowEdge = Edge<LinkData>;

/** What decides how the graph is drawn. */
export interface Scene {
  graph: Graph;
  sheets: readonly Sheet[];
  sheet: string;
  configs: ReadonlyMap<string, NodeConfig>;
  selected: ReadonlySet<string>;
  places: readonly ReadonlyMap<string, Point>[];
  sizes?: ReadonlyMap<string, Size> | null;
  changes: ReadonlyMap<string, Change> | null;
}

/** Makes what is drawn of nodes; what did not change stays the same object, and is not drawn again. */
export class FlowNodes {
  private known = new Map<string, FlowNode>();

  make(scene: Scene): FlowNode[] {
    const known = new Map<string, FlowNode>();
    for (const [key, value] of Object.entries(scene.graph.nodes)) {
      const view = nodeView(key, value, configFor(value, scene.configs));
      if (!view || sheetOf(view.source, scene.sheets) !== scene.sheet) continue;
      const at = place(key, scene.places) ?? view;
      const next = {
        view,
        x: at.x,
        y: at.y,
        size: scene.sizes?.get(key) ?? view.size,
        selected: scene.selected.has(key),
        alone: scene.selected.size === 1 && scene.selected.has(key),
        change: scene.changes?.get(key) ?? null,
      };
      const before = this.known.get(key);
      known.set(key, before && same(before, next) ? before : flowNode(next));
    }
    this.known = known;
    return [...known.values()];
  }
}

interface Drawn {
  view: NodeView;
  x: number;
  y: number;
  size: Size;
  selected: boolean;
  alone: boolean;
  change: Change | null;
}

function place(key: string, places: readonly ReadonlyMap<string, Point>[]): Point | undefined {
  for (const each of places) {
    const found = each.get(key);
    if (found) return found;
  }
  return undefined;
}

function same({ data, position, selected, measured }: FlowNode, next: Drawn): boolean {
  return (
    measured === next.size &&
    data.view === next.view &&
    data.change === next.change &&
    data.alone === next.alone &&
    selected === next.selected &&
    position.x === next.x &&
    position.y === next.y
  );
}

function flowNode({ view, x, y, size, selected, alone, change }: Drawn): FlowNode {
  const ports = completed(
    view.ports,
    view.source['handles'] !== undefined || view.config?.handles !== undefined,
  );
  return {
    id: view.key,
    type: 'step',
    position: { x, y },
    selected,
    data: { view, ports, change, alone },
    width: size.width,
    height: size.height,
    // What is known need not be measured: so all nodes count for what fits, drawn or not.
    measured: size,
    handles: ports.map((port) => boundsOf(port, size)),
    ariaLabel: change ? `${view.name}, ${view.kind}, ${change}` : `${view.name}, ${view.kind}`,
  };
}

/** What is drawn of edges, of those whose ends are both drawn. */
export class FlowEdges {
  private known = new Map<string, FlowEdge>();

  make(scene: Scene, nodes: readonly FlowNode[]): FlowEdge[] {
    const shown = new Map(nodes.map((each) => [each.id, each]));
    const known = new Map<string, FlowEdge>();
    for (const [key, value] of Object.entries(scene.graph.edges)) {
      const view = edgeView(key, value);
      const source = view && shown.get(view.source);
      const target = view && shown.get(view.target);
      if (!view || !source || !target) continue;
      const next = flowEdge(
        view,
        source,
        target,
        scene.selected.has(key),
        scene.changes?.get(key) ?? null,
      );
      const before = this.known.get(key);
      known.set(key, before && sameEdge(before, next) ? before : next);
    }
    this.known = known;
    return [...known.values()];
  }
}

function flowEdge(
  view: EdgeView,
  source: FlowNode,
  target: FlowNode,
  selected: boolean,
  change: Change | null,
): FlowEdge {
  const from = portNamed(source, 'out', view.sourceHandle);
  const to = portNamed(target, 'in', view.targetHandle);
  return {
    id: view.key,
    source: view.source,
    target: view.target,
    sourceHandle: from?.id ?? null,
    targetHandle: to?.id ?? null,
    label: view.label || undefined,
    selected,
    data: { view },
    className: [change && `is-${change}`, from?.accept === 'error' && 'is-error']
      .filter(Boolean)
      .join(' '),
    ariaLabel: `Connection from ${source.data.view.name} to ${target.data.view.name}`,
  } as FlowEdge;
}

/** The port of that name, or else the first one: an edge is drawn even if its port is gone. */
export function portNamed(node: FlowNode, kind: Port['kind'], id: string | null): Port | undefined {
  const ports = node.data.ports.filter((each) => each.kind === kind);
  return ports.find((each) => each.id === id) ?? ports[0];
}

function sameEdge(one: FlowEdge, other: FlowEdge): boolean {
  return (
    one.data?.view === other.data?.view &&
    one.selected === other.selected &&
    one.className === other.className &&
    one.sourceHandle === other.sourceHandle &&
    one.targetHandle === other.targetHandle &&
    one.ariaLabel === other.ariaLabel
  );
}
