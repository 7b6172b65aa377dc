import ELK, { type ElkNode } from 'elkjs/lib/elk-api';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { Point } from '../model/edits';
import type { EdgeView, NodeView } from '../model/graph';

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.spacing.nodeNode': '40',
  'elk.layered.spacing.nodeNodeBetweenLayers': '90',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.separateConnectedComponents': 'true',
};
const SIDES = { L: 'WEST', R: 'EAST', T: 'NORTH', D: 'SOUTH', '0': 'WEST' } as const;

/** Places for the nodes, in layers from left to right; computed beside the page, which stays usable. */
export async function layered(
  nodes: readonly NodeView[],
  edges: readonly EdgeView[],
): Promise<Map<string, Point>> {
  const elk = new ELK({ workerFactory: () => new Worker(workerUrl) });
  try {
    const placed = await elk.layout(drawn(nodes, edges));
    return new Map((placed.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  } finally {
    elk.terminateWorker();
  }
}

function drawn(nodes: readonly NodeView[], edges: readonly EdgeView[]): ElkNode {
  const keys = new Set(nodes.map((each) => each.key));
  const ports = new Set<string>();
  const children = nodes.map(({ key, size, ports: own }) => ({
    id: key,
    ...size,
    layoutOptions: { 'elk.portConstraints': 'FIXED_ORDER' },
    ports: own.map((port) => {
      const id = portId(key, port.kind, port.id);
      ports.add(id);
      return { id, layoutOptions: { 'elk.port.side': SIDES[port.side] } };
    }),
  }));
  const inside = edges.filter((each) => keys.has(each.source) && keys.has(each.target));
  const end = (node: string, kind: 'in' | 'out', port: string | null) => {
    const id = portId(node, kind, port ?? '');
    return ports.has(id) ? id : node;
  };
  return {
    id: 'sheet',
    layoutOptions: OPTIONS,
    children,
    edges: inside.map((each) => ({
      id: each.key,
      sources: [end(each.source, 'out', each.sourceHandle)],
      targets: [end(each.target, 'in', each.targetHandle)],
    })),
  };
}

function portId(node: string, kind: 'in' | 'out', port: string): string {
  return `${node} ${kind} ${port}`;
}
