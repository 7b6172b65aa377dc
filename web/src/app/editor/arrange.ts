import { configFor, type NodeConfig } from '../model/configs';
import { moves, type Point } from '../model/edits';
import { edgeView, nodeView, type NodeView } from '../model/graph';
import { sheetOf } from '../model/sheets';
import { said } from '../useLoaded';
import { tell } from '../ui/toasts';
import type { Actions } from './actions';

const NO_CONFIGS: ReadonlyMap<string, NodeConfig> = new Map();

/** Put the selected nodes, or else all of the sheet, in an order that follows the edges. */
export async function arrange(actions: Actions): Promise<void> {
  const { graph, sheet, sheets, view } = actions;
  if (!graph || !actions.canEdit) return;
  const chosen = view.get().nodes;
  const nodes = Object.entries(graph.nodes)
    .filter(
      ([key, value]) => sheetOf(value, sheets) === sheet && (chosen.size < 2 || chosen.has(key)),
    )
    .flatMap(([key, value]) => nodeView(key, value, configFor(value, NO_CONFIGS)) ?? []);
  if (nodes.length < 2) return;
  const edges = Object.entries(graph.edges).flatMap(([key, value]) => edgeView(key, value) ?? []);
  try {
    // More than a megabyte, for something that is not done often.
    const { layered } = await import('./layered');
    const places = await layered(nodes, edges);
    actions.apply(moves(shifted(nodes, places)), `Arrange ${nodes.length} nodes`);
  } catch (error) {
    tell('danger', 'The nodes could not be arranged', said(error));
  }
}

/** The same places, with the upper left corner of the whole where it was. */
function shifted(
  nodes: readonly NodeView[],
  places: ReadonlyMap<string, Point>,
): [string, Point][] {
  const left = (all: readonly Point[]) => Math.min(...all.map(({ x }) => x));
  const top = (all: readonly Point[]) => Math.min(...all.map(({ y }) => y));
  const to = [...places.values()];
  const [dx, dy] = [left(nodes) - left(to), top(nodes) - top(to)];
  const grid = 10;
  const near = (value: number) => Math.round(value / grid) * grid;
  return [...places].map(([key, { x, y }]) => [key, { x: near(x + dx), y: near(y + dy) }]);
}
