import { arrayOf, objectOf, textOf, type Json, type JsonObject } from '../model/json';
import { Button, IconButton } from '../ui/Button';

/** A port as it is edited; what else is known of it stays. */
export interface PortRow {
  row: number;
  side: string;
  id: string;
  kind: 'in' | 'out';
  accept: string;
  display: string;
  rest: JsonObject;
}

const SIDES: readonly [side: string, words: string][] = [
  ['L', 'Left'],
  ['R', 'Right'],
  ['T', 'Top'],
  ['D', 'Bottom'],
];
let last = 0;

/** The ports that handles describe, one a row. */
export function readPorts(handles: unknown): PortRow[] {
  return Object.entries(objectOf(handles) ?? {}).flatMap(([side, group]) =>
    arrayOf(objectOf(group)?.['point'])
      .map(objectOf)
      .filter((each) => each !== null)
      .map(({ id, type, accept, display, ...rest }) => {
        last += 1;
        return {
          row: last,
          side,
          id: textOf(id) ?? '',
          kind: type === 'in' ? ('in' as const) : ('out' as const),
          accept: textOf(accept) ?? 'any',
          display: textOf(display) ?? '',
          rest,
        };
      }),
  );
}

/** The rows as handles. Whatever else was said of a side stays. */
export function writtenPorts(rows: readonly PortRow[], before: unknown): JsonObject {
  const old = objectOf(before) ?? {};
  const made: Record<string, Json> = {};
  for (const side of new Set([...Object.keys(old), ...rows.map((each) => each.side)])) {
    const point = rows
      .filter((each) => each.side === side && each.id.trim())
      .map(({ id, kind, accept, display, rest }) => ({
        ...rest,
        id: id.trim(),
        type: kind,
        accept: accept.trim() || 'any',
        ...(display && { display }),
      }));
    made[side] = { position: 'separate', ...objectOf(old[side]), point };
  }
  return made;
}

interface PortsEditorProps {
  rows: readonly PortRow[];
  types: readonly string[];
  onChange: (rows: PortRow[]) => void;
}

/** The ports of a kind of node. */
export function PortsEditor({ rows, types, onChange }: PortsEditorProps) {
  const change = (row: number, part: Partial<PortRow>) =>
    onChange(rows.map((each) => (each.row === row ? { ...each, ...part } : each)));
  const add = (kind: 'in' | 'out') => {
    last += 1;
    const number = rows.filter((each) => each.kind === kind).length;
    const id = number ? `${kind}${number}` : kind;
    onChange([
      ...rows,
      {
        row: last,
        side: kind === 'in' ? 'L' : 'R',
        id,
        kind,
        accept: 'any',
        display: '',
        rest: {},
      },
    ]);
  };
  return (
    <fieldset className="field">
      <legend className="label">Ports</legend>
      {rows.map((port, at) => (
        <div className="row port-row" key={port.row}>
          <span className="chip">{port.kind === 'in' ? 'Input' : 'Output'}</span>
          <input
            className="input"
            aria-label={`Id of port ${at + 1}`}
            value={port.id}
            onChange={(event) => change(port.row, { id: event.target.value })}
          />
          <select
            className="input short"
            aria-label={`Data type of port ${at + 1}`}
            value={port.accept}
            onChange={(event) => change(port.row, { accept: event.target.value })}
          >
            {[...new Set(['any', ...types, port.accept])].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          <select
            className="input short"
            aria-label={`Side of port ${at + 1}`}
            value={port.side}
            onChange={(event) => change(port.row, { side: event.target.value })}
          >
            {SIDES.map(([side, words]) => (
              <option key={side} value={side}>
                {words}
              </option>
            ))}
            {!SIDES.some(([side]) => side === port.side) && (
              <option value={port.side}>Middle</option>
            )}
          </select>
          <input
            className="input"
            aria-label={`Label of port ${at + 1}`}
            placeholder="Label"
            value={port.display}
            onChange={(event) => change(port.row, { display: event.target.value })}
          />
          <IconButton
            icon="trash"
            label={`Remove port ${at + 1}`}
            onClick={() => onChange(rows.filter((each) => each.row !== port.row))}
          />
        </div>
      ))}
      <div className="row">
        <Button compact icon="add" onClick={() => add('in')}>
          Add input
        </Button>
        <Button compact icon="add" onClick={() => add('out')}>
          Add output
        </Button>
      </div>
    </fieldset>
  );
}
