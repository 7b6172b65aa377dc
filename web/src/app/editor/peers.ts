import type { WorkflowSession } from '../../client';
import type { Json } from '../model/json';
import { draggedByOthers, peerOf, selections, shownKeys, type Peer } from '../model/peers';
import type { Point } from '../model/edits';
import type { Graph } from '../model/sheets';
import { createStore, type Store } from '../store';
import type { View } from './state';

interface Others {
  all: readonly Peer[];
  /** Who has selected a node, by its key. */
  byNode: ReadonlyMap<string, readonly Peer[]>;
  /** Where nodes are shown that others are dragging. */
  dragged: ReadonlyMap<string, Point>;
}

const NOBODY: readonly Peer[] = [];

/** Shows the others what one does, and keeps what they show. */
export class Peers {
  readonly others: Store<Others> = createStore<Others>({
    all: NOBODY,
    byNode: new Map(),
    dragged: new Map(),
  });
  private cursor: Point | null = null;
  private field: string | null = null;
  private participants: unknown = null;
  private nodes: unknown = null;
  private stops: (() => void)[];

  constructor(
    private session: WorkflowSession,
    private view: Store<View>,
    private sheet: () => string,
  ) {
    this.stops = [session.subscribe(() => this.read()), view.subscribe(() => this.show())];
    this.read();
    // Who shows nothing is not seen by the others.
    this.show();
  }

  stop(): void {
    for (const each of this.stops) each();
  }

  /** Where one's pointer is on the canvas; null if it is not there. */
  pointAt(cursor: Point | null): void {
    this.cursor = cursor && { x: Math.round(cursor.x), y: Math.round(cursor.y) };
    this.show();
  }

  /** Which field has one's focus. */
  focus(field: string | null): void {
    this.field = field;
    this.show();
  }

  private show(): void {
    const { nodes, moving, anchor } = this.view.get();
    const at = anchor === null ? undefined : moving?.get(anchor);
    const state: Record<string, Json> = { sheet: this.sheet(), nodes: shownKeys(nodes) };
    if (this.cursor) state['cursor'] = { ...this.cursor };
    if (this.field) state['field'] = this.field;
    if (anchor !== null && at) state['drag'] = { anchor, x: Math.round(at.x), y: Math.round(at.y) };
    this.session.presence(state);
  }

  private read(): void {
    const { participants, document } = this.session.state();
    const nodes = (document as Graph | null)?.nodes ?? {};
    const same = participants === this.participants;
    if (same && nodes === this.nodes) return;
    this.participants = participants;
    this.nodes = nodes;
    this.others.set((before) => {
      const all = same ? before.all : participants.map(peerOf);
      const byNode = same ? before.byNode : selections(all, before.byNode);
      return { all, byNode, dragged: draggedByOthers(all, nodes) };
    });
  }
}
