import type { Point } from '../model/edits';
import type { Size } from '../model/graph';
import { createStore, type Store } from '../store';

/** What one sees and does oneself in a workflow; nothing of it is in the document. */
export interface View {
  sheet: string | null;
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<string>;
  /** Where nodes are meanwhile that are being moved. */
  moving: ReadonlyMap<string, Point> | null;
  /** How large nodes are meanwhile that are being resized. */
  sizes: ReadonlyMap<string, Size> | null;
  /** The node that leads the movement. */
  anchor: string | null;
  palette: boolean;
  minimap: boolean;
  grid: boolean;
  /** Whether the panel at the right is open. */
  panel: boolean;
}

export const NOTHING: ReadonlySet<string> = new Set();
const KEPT = 'nodius.view';
type Habits = Pick<View, 'palette' | 'minimap' | 'grid' | 'panel'>;

/** The view of somebody who has just come. */
export function createView(): Store<View> {
  const wide = matchMedia('(min-width: 900px)').matches;
  const view = createStore<View>({
    sheet: null,
    nodes: NOTHING,
    edges: NOTHING,
    moving: null,
    sizes: null,
    anchor: null,
    palette: wide,
    minimap: wide,
    grid: true,
    panel: wide,
    ...(wide ? habits() : {}),
  });
  view.subscribe(() => {
    const { palette, minimap, grid, panel } = view.get();
    if (wide) keep({ palette, minimap, grid, panel });
  });
  return view;
}

let last = '';

function keep(now: Habits): void {
  const text = JSON.stringify(now);
  if (text === last) return;
  last = text;
  try {
    localStorage.setItem(KEPT, text);
  } catch {
    // Then it is as usual the next time.
  }
}

function habits(): Partial<Habits> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '{}');
    const found = Object.entries(kept ?? {}).filter(
      ([name, value]) =>
        ['palette', 'minimap', 'grid', 'panel'].includes(name) && typeof value === 'boolean',
    );
    return Object.fromEntries(found) as Partial<Habits>;
  } catch {
    return {};
  }
}

/** Have exactly these selected. */
export function select(
  view: Store<View>,
  nodes: Iterable<string>,
  edges: Iterable<string> = [],
): void {
  view.set((before) => ({ ...before, nodes: new Set(nodes), edges: new Set(edges) }));
}
