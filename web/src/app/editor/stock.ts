import { BASICS } from '../model/basics';
import type { NodeConfig } from '../model/configs';
import { SIZE, sizeOf, titled, type Size } from '../model/graph';
import { objectOf, textOf, type JsonObject } from '../model/json';
import type { Graph } from '../model/sheets';
import { nodeOf } from './drops';

/** Something that can be put on the canvas. */
export interface Stock {
  id: string;
  name: string;
  type: string;
  group: string;
  description: string | null;
  size: Size;
  node: JsonObject;
}

/** What the palette offers: what is configured, what this workflow has, and what is always there. */
export function stockOf(configs: readonly NodeConfig[], graph: Graph | null): Stock[] {
  const taken = new Set(configs.map((each) => each.type));
  const basics = BASICS.filter((each) => !taken.has(each.type));
  const known = new Set([...taken, ...basics.map((each) => each.type)]);
  return [...configs.map(configured), ...usedHere(graph, known), ...basics.map(configured)];
}

function configured(config: NodeConfig): Stock {
  const { key, name, type, description } = config;
  const group = config.category ?? 'Node configurations';
  return {
    id: `config ${key}`,
    name,
    type,
    group,
    description,
    size: config.size ?? SIZE,
    node: nodeOf(config),
  };
}

/** Types that the workflow has nodes of without being configured: one like the first such node. */
function usedHere(graph: Graph | null, known: ReadonlySet<string>): Stock[] {
  const found = new Map<string, Stock>();
  for (const value of Object.values(graph?.nodes ?? {})) {
    const node = objectOf(value);
    const type = textOf(node?.['type']);
    if (!node || !type || known.has(type) || found.has(type)) continue;
    const name = titled(type);
    const like = {
      type,
      name,
      ...pick(node, 'handles', 'size', 'process'),
      data: blank(node['data']),
    };
    found.set(type, alike(like, name));
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

function alike(node: JsonObject, name: string): Stock {
  const type = textOf(node['type']) ?? '';
  const size = sizeOf(node['size']) ?? SIZE;
  return { id: `used ${type}`, name, type, group: 'Used here', description: null, size, node };
}

function pick(node: JsonObject, ...fields: string[]): JsonObject {
  return Object.fromEntries(Object.entries(node).filter(([name]) => fields.includes(name)));
}

/** The same fields with nothing in them. */
function blank(data: unknown): JsonObject {
  const empty = (value: unknown) => {
    if (typeof value === 'string') return '';
    return typeof value === 'number' || typeof value === 'boolean' ? value : null;
  };
  return Object.fromEntries(
    Object.entries(objectOf(data) ?? {}).map(([name, value]) => [name, empty(value)]),
  );
}
