import { client } from '../../account';
import type { Json, JsonObject } from '../../model/json';
import type { Graph } from '../../model/sheets';

/** As many older states are kept as one is likely to go back and forth between. */
const KEPT = 30;

/** Older states of a workflow, fetched when they are looked at. */
export class States {
  private known = new Map<number, Promise<Graph>>();

  constructor(private workflowKey: string) {}

  /** The workflow as it was after this batch. */
  at(seq: number): Promise<Graph> {
    const found = this.known.get(seq) ?? this.fetched(seq);
    this.known.delete(seq);
    this.known.set(seq, found);
    for (const [oldest] of this.known) {
      if (this.known.size <= KEPT) break;
      this.known.delete(oldest);
    }
    return found;
  }

  private async fetched(seq: number): Promise<Graph> {
    try {
      const { name, data, nodes, edges } = await client.workflows.get(this.workflowKey, seq);
      return { name, data: data as JsonObject, nodes: byKey(nodes), edges: byKey(edges) };
    } catch (error) {
      this.known.delete(seq);
      throw error;
    }
  }
}

function byKey(parts: readonly object[]): JsonObject {
  const entries = (parts as JsonObject[]).map(({ _key, ...rest }): [string, Json] => [
    String(_key),
    rest,
  ]);
  return Object.fromEntries(entries);
}
