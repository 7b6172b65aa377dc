import { objectOf, textOf, type JsonObject } from './json';

export interface Sheet {
  id: string;
  name: string;
}

/** The part of a document that the functions of this folder read. */
export interface Graph {
  readonly name: string;
  readonly data: JsonObject;
  readonly nodes: JsonObject;
  readonly edges: JsonObject;
}

/** The sheets of a workflow, in their order; a workflow without any has one, which needs no name. */
export function sheetsOf(graph: Graph): Sheet[] {
  const given = objectOf(graph.data['sheets']) ?? {};
  const sheets = Object.entries(given).map(([id, name]) => ({ id, name: textOf(name) ?? id }));
  return sheets.length ? sheets : [{ id: FIRST, name: 'main' }];
}

/** The sheet on which lies what names none. */
export const FIRST = '0';

/** The sheet on which a node or an edge lies. */
export function sheetOf(value: unknown, sheets: readonly Sheet[]): string {
  const named = objectOf(value)?.['sheet'];
  const id = typeof named === 'number' ? String(named) : named;
  return sheets.some((each) => each.id === id) ? (id as string) : (sheets[0]?.id ?? FIRST);
}

/** A number that no sheet has as its id. */
export function newSheetId(sheets: readonly Sheet[]): string {
  const taken = sheets.map((each) => Number(each.id)).filter(Number.isInteger);
  return String(Math.max(-1, ...taken) + 1);
}
