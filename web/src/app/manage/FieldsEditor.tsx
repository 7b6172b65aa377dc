import { arrayOf, objectOf, textOf, type Json, type JsonObject } from '../model/json';
import { Button, IconButton } from '../ui/Button';

/** A field as it is edited: the rest is what other programs know of it. */
export interface FieldRow {
  id: number;
  name: string;
  type: string;
  options: string;
  rest: JsonObject;
}

let last = 0;

/** The fields that are described, one a row. */
export function readRows(described: unknown): FieldRow[] {
  return arrayOf(described)
    .map(objectOf)
    .filter((each) => each !== null)
    .map(({ name, type, options, ...rest }) => {
      last += 1;
      const choices = arrayOf(options).filter((each) => typeof each === 'string');
      return {
        id: last,
        name: textOf(name) ?? '',
        type: textOf(type) ?? 'text',
        options: choices.join(', '),
        rest,
      };
    });
}

/** The rows as they are kept; those without a name are none. */
export function writtenRows(rows: readonly FieldRow[]): JsonObject[] {
  return rows
    .filter((each) => each.name.trim())
    .map(({ name, type, options, rest }) => {
      const choices: Json[] = options
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean);
      return { ...rest, name: name.trim(), type, ...(type === 'choice' && { options: choices }) };
    });
}

interface FieldsEditorProps {
  legend: string;
  kinds: readonly string[];
  rows: readonly FieldRow[];
  onChange: (rows: FieldRow[]) => void;
}

/** A list of fields with their kinds. */
export function FieldsEditor({ legend, kinds, rows, onChange }: FieldsEditorProps) {
  const change = (id: number, part: Partial<FieldRow>) =>
    onChange(rows.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const add = () => {
    last += 1;
    onChange([...rows, { id: last, name: '', type: 'text', options: '', rest: {} }]);
  };
  return (
    <fieldset className="field">
      <legend className="label">{legend}</legend>
      {rows.map((row, at) => (
        <div className="row" key={row.id}>
          <input
            className="input"
            aria-label={`Name of field ${at + 1}`}
            placeholder="Name"
            value={row.name}
            onChange={(event) => change(row.id, { name: event.target.value })}
          />
          <select
            className="input short"
            aria-label={`Kind of field ${at + 1}`}
            value={row.type}
            onChange={(event) => change(row.id, { type: event.target.value })}
          >
            {[...new Set([row.type, ...kinds])].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          {row.type === 'choice' && (
            <input
              className="input"
              aria-label={`Choices of field ${at + 1}`}
              placeholder="Choices, with commas"
              value={row.options}
              onChange={(event) => change(row.id, { options: event.target.value })}
            />
          )}
          <IconButton
            icon="trash"
            label={`Remove field ${at + 1}`}
            onClick={() => onChange(rows.filter((each) => each.id !== row.id))}
          />
        </div>
      ))}
      <div>
        <Button compact icon="add" onClick={add}>
          Add field
        </Button>
      </div>
    </fieldset>
  );
}
