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

/** What is always there, whatever has been configured. */
const BASIC: readonly JsonObject[] = [
  { type: 'step', name: 'Step', data: {} },
  {
    type: 'decision',
    name: 'Decision',
    handles: {
      L: { position: 'separate', point: [{ id: 'in', type: 'in', accept: 'any' }] },
      R: {
        position: 'separate',
        point: [
          { id: 'yes', type: 'out', accept: 'any', display: 'Yes' },
          { id: 'no', type: 'out', accept: 'any', display: 'No' },
        ],
      },
    },
    data: { question: '' },
  },
  { type: 'note', name: 'Note', handles: {}, size: { width: 220, height: 90 }, data: { text: '' } },
];

/** What the palette offers: what is configured, what this workflow has, and what is always there. */
export function stockOf(configs: readonly NodeConfig[], graph: Graph | null): Stock[] {
  const configured = configs.map((each) => ({
    id: `config ${each.key}`,
    name: each.name,
    type: each.type,
    group: each.category ?? 'Node configurations',
    description: each.description,
    size: each.size ?? SIZE,
    node: nodeOf(each),
  }));
  const known = new Set([
    ...configs.map((each) => each.type),
    ...BASIC.map((each) => each['type']),
  ]);
  return [
    ...configured,
    ...usedHere(graph, known),
    ...BASIC.map((each) => simple(each, 'Basic', textOf(each['name']) ?? '')),
  ];
}

/** Types that the workflow has nodes of without being configured: one like the first such node. */
function usedHere(graph: Graph | null, known: ReadonlySet<unknown>): Stock[] {
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
    found.set(type, simple(like, 'Used here', name));
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

function simple(node: JsonObject, group: string, name: string): Stock {
  const type = textOf(node['type']) ?? '';
  return {
    id: `${group} ${type}`,
    name,
    type,
    group,
    description: null,
    size: sizeOf(node['size']) ?? SIZE,
    node,
  };
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
