import { numberOf, objectOf, textOf, type Json, type JsonObject } from './json';
import { portsOf, type Port } from './ports';
import type { NodeConfig } from './configs';

export interface Size {
  width: number;
  height: number;
}

/** A node as it is drawn: what its document says, completed by its configuration. */
export interface NodeView {
  key: string;
  type: string;
  name: string;
  /** What kind of node it is, for people. */
  kind: string;
  x: number;
  y: number;
  size: Size;
  ports: readonly Port[];
  source: JsonObject;
  config: NodeConfig | null;
}

/** An edge as it is drawn. */
export interface EdgeView {
  key: string;
  source: string;
  target: string;
  sourceHandle: string | null;
  targetHandle: string | null;
  label: string;
}

export const SIZE: Size = { width: 220, height: 90 };
const NO_PORTS: readonly Port[] = [];

const nodes = new WeakMap<JsonObject, NodeView>();
const edges = new WeakMap<JsonObject, EdgeView>();

/** How to draw the node; the same object as long as neither it nor its configuration changes. */
export function nodeView(key: string, value: Json, config: NodeConfig | null): NodeView | null {
  const source = objectOf(value);
  if (!source) return null;
  const before = nodes.get(source);
  if (before && before.key === key && before.config === config) return before;
  const made = newNodeView(key, source, config);
  nodes.set(source, made);
  return made;
}

function newNodeView(key: string, source: JsonObject, config: NodeConfig | null): NodeView {
  const type = textOf(source['type']) ?? '';
  const kind = config?.name ?? (type ? titled(type) : 'Node');
  return {
    key,
    type,
    kind,
    name: textOf(source['name']) ?? kind,
    x: numberOf(source['posX'], 0),
    y: numberOf(source['posY'], 0),
    size: sizeOf(source['size']) ?? config?.size ?? SIZE,
    ports:
      source['handles'] === undefined ? (config?.ports ?? NO_PORTS) : portsOf(source['handles']),
    source,
    config,
  };
}

/** How to draw the edge; none if it has no two ends. */
export function edgeView(key: string, value: Json): EdgeView | null {
  const source = objectOf(value);
  if (!source) return null;
  const before = edges.get(source);
  if (before?.key === key) return before;
  const ends = [textOf(source['source']), textOf(source['target'])];
  if (!ends[0] || !ends[1]) return null;
  const made = {
    key,
    source: ends[0],
    target: ends[1],
    sourceHandle: textOf(source['sourceHandle']),
    targetHandle: textOf(source['targetHandle']),
    label: textOf(source['label']) ?? '',
  };
  edges.set(source, made);
  return made;
}

/** The size that is given, if it can be drawn. */
export function sizeOf(value: unknown): Size | null {
  const size = objectOf(value);
  if (!size) return null;
  const [width, height] = [numberOf(size['width'], 0), numberOf(size['height'], 0)];
  return width >= 40 && height >= 30 ? { width, height } : null;
}

/** `orderMail` and `order_mail` as people write it. */
export function titled(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/ [A-Z](?=[a-z])/g, (letter) => letter.toLowerCase())
    .replace(/[_\-.]+/g, ' ')
    .trim();
  return words ? words[0]?.toUpperCase() + words.slice(1) : name;
}
