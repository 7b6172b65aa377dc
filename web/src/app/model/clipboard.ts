import { newKey, type Point } from './edits';
import { numberOf, objectOf, type Json, type JsonObject } from './json';
import { sheetOf, type Graph, type Sheet } from './sheets';

/** Nodes with the edges between them, as they go through the clipboard. */
export interface Cutting {
  nodes: JsonObject;
  edges: JsonObject;
}

const MARK = 'nodius/1';

/** These nodes, and the edges that have both ends among them. */
export function cutting(graph: Graph, keys: ReadonlySet<string>): Cutting {
  const nodes: Record<string, Json> = {};
  for (const key of keys) if (graph.nodes[key] !== undefined) nodes[key] = graph.nodes[key];
  const inside = Object.entries(graph.edges).filter(([, value]) => {
    const edge = objectOf(value);
    return edge && keys.has(String(edge['source'])) && keys.has(String(edge['target']));
  });
  return { nodes, edges: Object.fromEntries(inside) };
}

/** A cutting as text. */
export function written(piece: Cutting): string {
  return JSON.stringify({ clipboard: MARK, ...piece });
}

/** The cutting that a text holds, if it does. */
export function readCutting(text: string): Cutting | null {
  if (!text.includes(MARK)) return null;
  try {
    const value = objectOf(JSON.parse(text));
    const [nodes, edges] = [objectOf(value?.['nodes']), objectOf(value?.['edges'])];
    return value?.['clipboard'] === MARK && nodes && edges ? { nodes, edges } : null;
  } catch {
    return null;
  }
}

/** The same again, under new keys, on a sheet, with its upper left corner at `to`. */
export function copied(
  { nodes, edges }: Cutting,
  to: Point,
  sheet: string,
  sheets: readonly Sheet[],
): Cutting {
  const from = corner(Object.values(nodes));
  const keys = new Map(Object.keys(nodes).map((key) => [key, newKey('n')]));
  const made: Record<string, Json> = {};
  for (const [key, value] of Object.entries(nodes)) {
    const node = objectOf(value);
    const posX = Math.round(numberOf(node?.['posX'], 0) - from.x + to.x);
    const posY = Math.round(numberOf(node?.['posY'], 0) - from.y + to.y);
    if (node) made[keys.get(key) ?? key] = onSheet({ ...node, posX, posY }, sheet, sheets);
  }
  const joined: Record<string, Json> = {};
  for (const value of Object.values(edges)) {
    const edge = objectOf(value);
    const [source, target] = [
      keys.get(String(edge?.['source'])),
      keys.get(String(edge?.['target'])),
    ];
    if (edge && source && target)
      joined[newKey('e')] = onSheet({ ...edge, source, target }, sheet, sheets);
  }
  return { nodes: made, edges: joined };
}

/** The upper left corner of what these nodes cover. */
export function corner(nodes: readonly unknown[]): Point {
  const all = nodes.map(objectOf);
  return {
    x: Math.min(...all.map((each) => numberOf(each?.['posX'], 0))),
    y: Math.min(...all.map((each) => numberOf(each?.['posY'], 0))),
  };
}

/** The value, lying on this sheet; what lies on the first one need not say so. */
export function onSheet(value: JsonObject, sheet: string, sheets: readonly Sheet[]): JsonObject {
  return sheetOf(value, sheets) === sheet ? value : { ...value, sheet };
}
