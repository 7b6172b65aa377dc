import { hueOf } from '../ui/people';
import type { Point } from './edits';
import { arrayOf, numberOf, objectOf, textOf, type JsonObject } from './json';

/** Somebody else who is in the workflow, and what they show of what they do. */
export interface Peer {
  clientId: string;
  name: string;
  hue: number;
  sheet: string | null;
  cursor: Point | null;
  nodes: readonly string[];
  /** The path of the field that has their focus, with slashes. */
  field: string | null;
  /** Where they are dragging their selection: one of its nodes, and where it is now. */
  drag: { anchor: string; to: Point } | null;
}

interface Participant {
  clientId: string;
  username: string;
  state: unknown;
}

/** What a participant shows. It was sent by another program, so nothing in it is taken for granted. */
export function peerOf({ clientId, username, state }: Participant): Peer {
  const shown = objectOf(state);
  const drag = objectOf(shown?.['drag']);
  const anchor = textOf(drag?.['anchor']);
  return {
    clientId,
    name: username,
    hue: hueOf(username),
    sheet: textOf(shown?.['sheet']),
    cursor: pointOf(shown?.['cursor']),
    nodes: arrayOf(shown?.['nodes']).filter((each) => typeof each === 'string'),
    field: textOf(shown?.['field']),
    drag: anchor ? { anchor, to: pointOf(drag) ?? { x: 0, y: 0 } } : null,
  };
}

function pointOf(value: unknown): Point | null {
  const point = objectOf(value);
  return point && { x: numberOf(point['x'], 0), y: numberOf(point['y'], 0) };
}

/** Who has selected what, by the key of the node. Lists that stay the same stay the same object. */
export function selections(
  peers: readonly Peer[],
  before: ReadonlyMap<string, readonly Peer[]>,
): ReadonlyMap<string, readonly Peer[]> {
  const found = new Map<string, readonly Peer[]>();
  for (const peer of peers)
    for (const key of peer.nodes) found.set(key, [...(found.get(key) ?? []), peer]);
  for (const [key, list] of found) {
    const old = before.get(key);
    if (
      old?.length === list.length &&
      old.every((each, at) => each.clientId === list[at]?.clientId)
    )
      found.set(key, old);
  }
  return found;
}

const NONE: ReadonlyMap<string, Point> = new Map();

/**
 * Where nodes are shown that others are dragging. They tell of one node where it is; the others
 * keep their distance to it. So nothing moves twice once the document knows the new place.
 */
export function draggedByOthers(
  peers: readonly Peer[],
  nodes: JsonObject,
): ReadonlyMap<string, Point> {
  let found: Map<string, Point> | null = null;
  for (const { drag, nodes: keys } of peers) {
    const anchor = drag && objectOf(nodes[drag.anchor]);
    if (!drag || !anchor) continue;
    const [dx, dy] = [
      drag.to.x - numberOf(anchor['posX'], 0),
      drag.to.y - numberOf(anchor['posY'], 0),
    ];
    if (dx === 0 && dy === 0) continue;
    for (const key of new Set([...keys, drag.anchor])) {
      const node = objectOf(nodes[key]);
      if (!node) continue;
      found ??= new Map();
      found.set(key, { x: numberOf(node['posX'], 0) + dx, y: numberOf(node['posY'], 0) + dy });
    }
  }
  return found ?? NONE;
}

/** The most bytes of keys that one shows of a selection, within what the server takes. */
const ROOM = 3000;

/** As many keys of a selection as can be shown to others. */
export function shownKeys(keys: Iterable<string>): string[] {
  const shown: string[] = [];
  let room = ROOM;
  for (const key of keys) {
    room -= key.length + 3;
    if (room < 0) break;
    shown.push(key);
  }
  return shown;
}
