import { objectOf, textOf, type JsonObject } from './json';
import { titled } from './graph';

/** What of an instruction tells people what it did. */
export interface Described {
  readonly o: number;
  readonly p: readonly (string | number)[];
  readonly v?: unknown;
}

/** The parts of any state of the workflow: what is changed is named by it. */
export interface Known {
  readonly nodes: JsonObject;
  readonly edges: JsonObject;
}

interface Names {
  node: (key: string) => string;
  edge: (key: string) => string;
}

/** What a batch did, in a few words. */
export function describe(instructions: readonly Described[], known: Known | null): string {
  const node = (key: string) => `“${textOf(objectOf(known?.nodes[key])?.['name']) ?? key}”`;
  const edge = (key: string) => {
    const ends = objectOf(known?.edges[key]);
    return ends ? joined(node)(key, ends) : '';
  };
  const names: Names = { node, edge };
  const groups = new Map<string, string[]>();
  for (const instruction of instructions) {
    for (const [verb, what] of deeds(instruction, names)) {
      const group = groups.get(verb) ?? [];
      if (!group.includes(what)) group.push(what);
      groups.set(verb, group);
    }
  }
  // An edge that goes with its node is no news.
  if (groups.has('Delete node') && groups.size > 1) groups.delete('Disconnect');
  const said = [...groups].map(([verb, what]) => counted(verb, what));
  const [first = 'Change nothing', ...others] = said;
  if (others.length === 0) return first;
  return others.length === 1
    ? `${first}, ${lower(others[0] ?? '')}`
    : `${first}, and ${others.length} more`;
}

function lower(text: string): string {
  return (text[0]?.toLowerCase() ?? '') + text.slice(1);
}

const NOUNS: Readonly<Record<string, [verb: string, noun: string]>> = {
  'Add node': ['Add', 'nodes'],
  'Delete node': ['Delete', 'nodes'],
  'Label connection': ['Label', 'connections'],
  'Change connection': ['Change', 'connections'],
  Connect: ['Make', 'connections'],
  Disconnect: ['Remove', 'connections'],
};

function counted(verb: string, what: readonly string[]): string {
  const [first = ''] = what;
  if (what.length <= 1) return `${verb} ${first}`.trim();
  const [deed, noun] = NOUNS[verb] ?? [verb, 'nodes'];
  return `${deed} ${what.length} ${noun}`;
}

function deeds(instruction: Described, names: Names): [string, string][] {
  const [top, key, field] = instruction.p.map(String);
  if (top === 'nodes' && key === undefined) return added('Add node', instruction.v, named);
  if (top === 'edges' && key === undefined)
    return added('Connect', instruction.v, joined(names.node));
  if (top === 'nodes' && key !== undefined) return [nodeDeed(instruction, key, field, names)];
  if (top === 'edges' && key !== undefined) return [edgeDeed(instruction, key, field, names)];
  if (top === 'data' && key === 'sheets') return [['Change sheets', '']];
  return [[top === 'name' ? 'Rename workflow' : `Change ${top ?? ''}`, '']];
}

function added(
  verb: string,
  value: unknown,
  name: (key: string, value: unknown) => string,
): [string, string][] {
  return Object.entries(objectOf(value) ?? {}).map(([key, each]) => [verb, name(key, each)]);
}

function named(key: string, value: unknown): string {
  return `“${textOf(objectOf(value)?.['name']) ?? titled(textOf(objectOf(value)?.['type']) ?? key)}”`;
}

function joined(node: Names['node']) {
  return (_: string, value: unknown): string => {
    const edge = objectOf(value);
    return `${node(textOf(edge?.['source']) ?? '')} to ${node(textOf(edge?.['target']) ?? '')}`;
  };
}

const SET = 1;
const REM = 2;
const MERGE = 15;

function nodeDeed(
  instruction: Described,
  key: string,
  field: string | undefined,
  names: Names,
): [string, string] {
  if (field === undefined) {
    if (instruction.o === REM) return ['Delete node', names.node(key)];
    if (instruction.o !== MERGE) return ['Add node', named(key, instruction.v)];
    const fields = Object.keys(objectOf(instruction.v) ?? {});
    if (fields.every((each) => each === 'posX' || each === 'posY'))
      return ['Move', names.node(key)];
    return [fields.includes('size') ? 'Resize' : 'Change', names.node(key)];
  }
  if (field === 'posX' || field === 'posY') return ['Move', names.node(key)];
  if (field === 'name') return ['Rename', whole(instruction) ?? names.node(key)];
  if (field === 'size') return ['Resize', names.node(key)];
  if (field === 'process') return ['Edit code of', names.node(key)];
  return [field === 'data' ? 'Edit data of' : `Change ${field} of`, names.node(key)];
}

/** The text that was set as a whole; what changed within one is no name. */
function whole({ o, v }: Described): string | null {
  return o === SET && typeof v === 'string' ? `“${v}”` : null;
}

function edgeDeed(
  instruction: Described,
  key: string,
  field: string | undefined,
  names: Names,
): [string, string] {
  if (field === 'label') return ['Label connection', whole(instruction) ?? names.edge(key)];
  if (field !== undefined) return ['Change connection', names.edge(key)];
  if (instruction.o === REM) return ['Disconnect', names.edge(key)];
  return ['Connect', joined(names.node)(key, instruction.v)];
}
