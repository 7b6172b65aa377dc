import { applyTo } from './apply.ts';
import { Draft } from './draft.ts';
import { op, type Instruction } from './instructions.ts';
import { has, isObject, type Json, type JsonObject } from './json.ts';
import { keysOf, type Keys } from './places.ts';
import { InstructionError, invalid } from './refused.ts';

/** A workflow's document, in the shape that paths address. */
export interface Doc {
  readonly name: string;
  readonly category: string | null;
  readonly description: string | null;
  readonly data: JsonObject;
  readonly nodes: { readonly [key: string]: JsonObject };
  readonly edges: { readonly [key: string]: JsonObject };
}

/** What a batch did. `instructions` ends with the removals of edges that lost an end. */
export interface Applied {
  readonly document: Doc;
  readonly instructions: readonly Instruction[];
  readonly inverse: readonly Instruction[];
}

const RESERVED = new Set(['_key', '_id', '_rev', '_from', '_to']);
const KEY = /^(?!\.{1,2}$)[A-Za-z0-9_\-:.@]{1,128}$/;
const MAY_BE: { readonly [field: string]: (value: unknown) => boolean } = {
  name: (value) => typeof value === 'string',
  category: (value) => typeof value === 'string' || value === null,
  description: (value) => typeof value === 'string' || value === null,
  data: (value) => isObject(value as Json),
  nodes: (value) => isObject(value as Json),
  edges: (value) => isObject(value as Json),
};
const OBJECTS = new Set(['data', 'nodes', 'edges']);
const GRAPH = new Set(['nodes', 'edges']);

/** Which nodes and edges a batch has named; null: all of them. */
interface Touched {
  nodes: Set<string> | null;
  edges: Set<string> | null;
}

/**
 * Apply a batch as the server does: all of it, or an InstructionError is thrown and nothing changed.
 * The result shares with `document` what was not changed.
 */
export function applyBatch(document: Doc, instructions: readonly Instruction[]): Applied {
  const draft = new Draft(document as unknown as Json);
  const done: Instruction[] = [];
  const undone: Instruction[][] = [];
  const touched: Touched = { nodes: new Set(), edges: new Set() };
  const run = (instruction: Instruction, index?: number) => {
    try {
      admit(draft, instruction, touched);
      undone.unshift(applyTo(draft, instruction));
    } catch (error) {
      throw error instanceof InstructionError
        ? new InstructionError(error.code, error.message, index)
        : error;
    }
    done.push(instruction);
  };
  instructions.forEach(run);
  for (const key of dangling(document, draft.root as unknown as Doc, touched)) {
    run({ o: op.REM, p: ['edges', key] });
  }
  return {
    document: draft.root as unknown as Doc,
    instructions: done,
    inverse: undone.flat(),
  };
}

function admit(draft: Draft, instruction: Instruction, touched: Touched): void {
  const path = keysOf(instruction.p, 'p');
  const value = 'v' in instruction ? (instruction.v as Json) : undefined;
  const sets = instruction.o === op.SET || instruction.o === op.DICT_MERGE;
  touch(path, touched, sets ? value : undefined);
  if (path.length === 1) admitAtTop(instruction, path[0] as string, value);
  else if (path.length === 2 && GRAPH.has(path[0] as string) && sets) checkReserved(value);
  if (instruction.o !== op.OBJ_MOVE && instruction.o !== op.OBJ_INSERT) return;
  const to = keysOf(instruction.d, 'd');
  touch(to, touched);
  if (to.length === 1) throw invalid(`nothing can be moved to ${to[0] as string} itself`);
  if (to.length === 2 && GRAPH.has(to[0] as string)) checkReserved(draft.at(path));
}

function touch(path: Keys, touched: Touched, whole?: Json): void {
  const [field, key, inner] = path as [string, string?, string?];
  if (!has(MAY_BE, field)) throw invalid('a workflow has no such field');
  if (field !== 'nodes' && field !== 'edges') return;
  if (key === undefined) touched[field] = null;
  else touched[field]?.add(key);
  if (inner !== undefined && RESERVED.has(inner)) throw reserved(inner);
  if (key === undefined && isObject(whole)) Object.values(whole).forEach(checkReserved);
}

function admitAtTop(instruction: Instruction, field: string, value: Json | undefined): void {
  const { o } = instruction;
  if (o === op.REM || o === op.OBJ_MOVE || o === op.OBJ_INSERT) {
    throw invalid(`${field} itself can only be set`);
  }
  if (o !== op.SET && o !== op.DICT_MERGE) return;
  if (!MAY_BE[field]?.(value)) throw invalid(`${field} cannot hold that`);
  if (o === op.DICT_MERGE && !OBJECTS.has(field)) {
    throw invalid(`${field} is no object to merge into`);
  }
}

function checkReserved(value: Json | undefined): void {
  if (!isObject(value)) return;
  for (const field of RESERVED) if (has(value, field)) throw reserved(field);
}

function reserved(field: string): InstructionError {
  return invalid(`${field} is the server's; leave it out`);
}

/** The edges that lost an end and must go, ascending. Throws for what else breaks the graph. */
function dangling(before: Doc, after: Doc, touched: Touched): string[] {
  for (const key of touched.nodes ?? Object.keys(after.nodes)) checkNode(after, key);
  const gone = [...(touched.nodes ?? Object.keys(before.nodes))].some(
    (key) => has(before.nodes, key) && !has(after.nodes, key),
  );
  const doubtful = gone || !touched.edges ? Object.keys(after.edges) : [...touched.edges];
  return doubtful.filter((key) => has(after.edges, key) && lostAnEnd(before, after, key)).sort();
}

function checkNode(after: Doc, key: string): void {
  if (!has(after.nodes, key)) return;
  const node = after.nodes[key] as Json;
  checkEntry('node', key, node);
  for (const field of ['posX', 'posY']) {
    const at = (node as JsonObject)[field];
    if (at !== undefined && typeof at !== 'number') {
      throw graph(`${field} of the node ${key} must be a number`);
    }
  }
}

function lostAnEnd(before: Doc, after: Doc, key: string): boolean {
  const edge = after.edges[key] as Json;
  checkEntry('edge', key, edge);
  const { source, target } = edge as JsonObject;
  const missing = [source, target].filter(
    (end) => typeof end !== 'string' || !has(after.nodes, end),
  );
  if (!missing.length) return false;
  const taken = missing.some((end) => typeof end === 'string' && has(before.nodes, end));
  if (taken && has(before.edges, key)) return true;
  throw graph(`source and target of the edge ${key} must be keys of existing nodes`);
}

function checkEntry(kind: string, key: string, value: Json): void {
  if (!KEY.test(key)) throw graph(`the ${kind} key must be 1 to 128 of A–Z a–z 0–9 _ - : . @`);
  if (!isObject(value)) throw graph(`the ${kind} ${key} must be an object`);
}

function graph(message: string): InstructionError {
  return new InstructionError('invalid_graph', message);
}
