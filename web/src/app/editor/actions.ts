import { merge, type Instruction, type WorkflowSession } from '../../client';
import { client } from '../account';
import { copied, corner, cutting, onSheet, readCutting, type Cutting } from '../model/clipboard';
import { describe } from '../model/describe';
import {
  additions,
  batches,
  changes,
  moves,
  newKey,
  removals,
  textEdit,
  type Point,
} from '../model/edits';
import type { Size } from '../model/graph';
import { objectOf, type Json, type JsonObject } from '../model/json';
import { FIRST, newSheetId, sheetOf, sheetsOf, type Graph, type Sheet } from '../model/sheets';
import type { Store } from '../store';
import { said } from '../useLoaded';
import { tell } from '../ui/toasts';
import type { Deeds } from './deeds';
import { NOTHING, select, type View } from './state';

/** What a new edge joins. */
export interface Joint {
  source: string;
  sourceHandle: string | null;
  target: string;
  targetHandle: string | null;
}

/** Everything that changes the document, each as few batches as can be. */
export class Actions {
  private place: string | undefined;

  constructor(
    readonly session: WorkflowSession,
    readonly view: Store<View>,
    readonly deeds: Deeds,
  ) {}

  /** The workspace of the workflow, where what is added beside it belongs too. */
  async workspace(): Promise<string> {
    // A change of nothing is answered by all but nodes and edges.
    this.place ??= (await client.workflows.change(this.session.key, {})).workspace;
    return this.place;
  }

  /** The document as it is now, own changes included. */
  get graph(): Graph | null {
    return this.session.state().document as Graph | null;
  }

  get sheets(): Sheet[] {
    return this.graph ? sheetsOf(this.graph) : [];
  }

  get sheet(): string {
    const { sheet } = this.view.get();
    return sheetOf({ sheet }, this.sheets);
  }

  get canEdit(): boolean {
    const { role, status } = this.session.state();
    return role !== null && role !== 'viewer' && status !== 'ended';
  }

  /** Change the document; whether it could be done. */
  apply(instructions: readonly Instruction[], words?: string): boolean {
    if (instructions.length === 0) return true;
    if (!this.canEdit) {
      tell('warning', 'You may only look at this workflow');
      return false;
    }
    const label = words ?? describe(instructions, this.graph);
    try {
      for (const batch of batches(instructions)) this.deeds.did(this.session.apply(batch), label);
      return true;
    } catch (error) {
      tell('danger', `Not done: ${label}`, said(error));
      return false;
    }
  }

  /** Show nodes at other places while they are being moved; nothing is changed yet. */
  hold(places: Iterable<[key: string, to: Point]>, anchor: string): void {
    this.view.set((view) => ({
      ...view,
      anchor,
      moving: new Map([...(view.moving ?? []), ...places]),
    }));
  }

  /** Put the nodes that were held where they are shown. */
  drop(): void {
    const { moving } = this.view.get();
    if (!moving) return;
    const nodes = this.graph?.nodes ?? {};
    const moved = [...moving].filter(([key, { x, y }]) => {
      const node = objectOf(nodes[key]);
      return node && (node['posX'] !== Math.round(x) || node['posY'] !== Math.round(y));
    });
    this.apply(moves(moved));
    this.view.set((view) => ({ ...view, moving: null, anchor: null }));
  }

  /** Show a node in another size while it is being resized; nothing is changed yet. */
  stretch(key: string, size: Size): void {
    this.view.set((view) => ({ ...view, sizes: new Map([[key, size]]) }));
  }

  /** Give the node that was stretched its size, and the place that it has by that. */
  resize(key: string, { x, y, width, height }: Point & Size): void {
    const size = { width: Math.round(width), height: Math.round(height) };
    this.apply([merge(['nodes', key], { posX: Math.round(x), posY: Math.round(y), size })]);
    this.view.set((view) => ({ ...view, moving: null, anchor: null, sizes: null }));
  }

  /** Make a connection end elsewhere. */
  reconnect(key: string, { source, target, sourceHandle, targetHandle }: Joint): void {
    if (this.graph?.edges[key] === undefined) return;
    this.apply([merge(['edges', key], { source, target, sourceHandle, targetHandle })]);
  }

  /** Add a node, select it, and answer its key. */
  addNode(node: JsonObject, at: Point): string {
    const key = newKey('n');
    const value = onSheet(
      { ...node, posX: Math.round(at.x), posY: Math.round(at.y) },
      this.sheet,
      this.sheets,
    );
    if (this.apply(additions({ [key]: value }, {}))) select(this.view, [key]);
    return key;
  }

  connect(joint: Joint, label?: string): void {
    const { source, target, sourceHandle, targetHandle } = joint;
    const exists = Object.values(this.graph?.edges ?? {}).some((value) => {
      const edge = objectOf(value);
      return (
        edge?.['source'] === source &&
        edge['target'] === target &&
        (edge['sourceHandle'] ?? null) === sourceHandle &&
        (edge['targetHandle'] ?? null) === targetHandle
      );
    });
    if (exists) return;
    const edge = { source, target, sourceHandle, targetHandle, ...(label && { label }) };
    this.apply(additions({}, { [newKey('e')]: onSheet(edge, this.sheet, this.sheets) }));
  }

  removeSelected(): void {
    const { nodes, edges } = this.view.get();
    if (this.apply(removals(this.present(nodes), edges, this.graph?.edges ?? {})))
      select(this.view, []);
  }

  /** Of these nodes, those that are there. */
  present(keys: ReadonlySet<string>): ReadonlySet<string> {
    const nodes = this.graph?.nodes ?? {};
    return new Set([...keys].filter((key) => Object.hasOwn(nodes, key)));
  }

  selectAll(): void {
    const { sheets, sheet, graph } = this;
    const keys = Object.entries(graph?.nodes ?? {}).filter(
      ([, value]) => sheetOf(value, sheets) === sheet,
    );
    select(
      this.view,
      keys.map(([key]) => key),
    );
  }

  /** What is selected, to be put somewhere else; none if that is nothing. */
  cut(): Cutting | null {
    const { graph } = this;
    const keys = this.present(this.view.get().nodes);
    return graph && keys.size ? cutting(graph, keys) : null;
  }

  /** Add what a text from the clipboard holds; whether it holds nodes. */
  pasteText(text: string, at: Point | null): boolean {
    const piece = readCutting(text);
    if (piece) this.paste(piece, at);
    return piece !== null;
  }

  /** Add a cutting, at a place or a little beside where it was. */
  paste(piece: Cutting, at: Point | null): void {
    const from = corner(Object.values(piece.nodes));
    const made = copied(piece, at ?? { x: from.x + 32, y: from.y + 32 }, this.sheet, this.sheets);
    if (this.apply(additions(made.nodes, made.edges))) select(this.view, Object.keys(made.nodes));
  }

  duplicate(): void {
    const piece = this.cut();
    if (piece) this.paste(piece, null);
  }

  /** Make a value another one, by what differs. */
  change(path: readonly string[], to: Json): boolean {
    return this.apply(changes(path, this.at(path), to));
  }

  /** Make a text another one, by the stretch that differs. */
  changeText(path: readonly string[], to: string): boolean {
    return this.apply(textEdit(path, this.at(path), to));
  }

  /** The value at a path of the document. */
  at(path: readonly string[]): unknown {
    let value: unknown = this.graph;
    for (const step of path) value = objectOf(value)?.[step];
    return value;
  }

  addSheet(): void {
    const { sheets } = this;
    const id = newSheetId(sheets);
    const all = Object.fromEntries(
      [...sheets, { id, name: `Sheet ${sheets.length + 1}` }].map((each) => [each.id, each.name]),
    );
    if (this.change(['data', 'sheets'], all)) this.show(id);
  }

  renameSheet(id: string, name: string): void {
    const all = Object.fromEntries(
      this.sheets.map((each) => [each.id, each.id === id ? name : each.name]),
    );
    this.change(['data', 'sheets'], all);
  }

  /** Take a sheet away with all that lies on it; the last one stays. */
  removeSheet(id: string): void {
    const { sheets, graph } = this;
    if (!graph || sheets.length < 2) return;
    const on = ([, value]: [string, Json]) => sheetOf(value, sheets) === id;
    const nodes = new Set(
      Object.entries(graph.nodes)
        .filter(on)
        .map(([key]) => key),
    );
    const rest = Object.fromEntries(
      sheets.filter((each) => each.id !== id).map((each) => [each.id, each.name]),
    );
    this.apply(
      [
        ...removals(nodes, NOTHING, graph.edges),
        ...changes(['data', 'sheets'], graph.data['sheets'], rest),
      ],
      'Delete sheet',
    );
    if (this.sheet === id) this.show(sheets.find((each) => each.id !== id)?.id ?? FIRST);
  }

  /** Look at another sheet. */
  show(sheet: string): void {
    this.view.set((view) => ({ ...view, sheet, nodes: NOTHING, edges: NOTHING }));
  }
}
