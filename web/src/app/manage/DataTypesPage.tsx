import { useCallback, useState } from 'react';
import type { DataType } from '../../client';
import { client } from '../account';
import { arrayOf, type Json } from '../model/json';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { FormDialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { hued, hueOf } from '../ui/people';
import { FieldsEditor, readRows, writtenRows } from './FieldsEditor';
import { List } from './List';
import { DEFAULT_PLACE, PlaceField, usePlaces } from './places';
import { RowMenu } from './RowMenu';

const KINDS = ['text', 'number', 'boolean', 'choice', 'json'];

/** What goes from one node to the next. */
export function DataTypesPage() {
  const loaded = useLoaded(useCallback(() => client.dataTypes.list(), []));
  const places = usePlaces();
  const [edited, setEdited] = useState<DataType | 'new' | null>(null);
  return (
    <>
      <List
        title="Data types"
        about="What goes from one node to the next. They decide which ports fit together."
        icon="type"
        loaded={loaded}
        add="New data type"
        onAdd={() => setEdited('new')}
        none={
          <>
            <p>
              A port that gives an “order” can be connected to one that takes an “order”, or to one
              that takes anything.
            </p>
            <Button icon="add" onClick={() => setEdited('new')}>
              Make the first one
            </Button>
          </>
        }
        row={(each) => (
          <li key={each._key} className="library-row">
            <span className="dot hued" style={hued(hueOf(each.name))} />
            <div className="grow">
              <strong>{each.name}</strong>
              {each.description && <p className="muted small truncate">{each.description}</p>}
            </div>
            <span className="muted small wide-only">{fitsWords(each)}</span>
            {places.all.length > 1 && <span className="chip">{places.nameOf(each.workspace)}</span>}
            <RowMenu
              name={each.name}
              noun="data type"
              loss="Ports that name it keep the name, and fit only each other."
              disabled={!places.mayEdit(each.workspace)}
              onEdit={() => setEdited(each)}
              onRemove={async () => {
                await client.dataTypes.remove(each._key);
                loaded.reload();
              }}
            />
          </li>
        )}
      />
      {edited && (
        <DataTypeDialog
          type={edited === 'new' ? null : edited}
          names={(loaded.data ?? []).map((each) => each.name)}
          places={places}
          onClose={() => setEdited(null)}
          onSaved={loaded.reload}
        />
      )}
    </>
  );
}

function fitsOf(type: DataType | null): string[] {
  const { fits } = (type ?? {}) as { fits?: Json };
  return arrayOf(fits).filter((each) => typeof each === 'string');
}

function fitsWords(type: DataType): string {
  const fits = fitsOf(type);
  return fits.length ? `also fits ${fits.join(', ')}` : '';
}

interface DataTypeDialogProps {
  type: DataType | null;
  names: readonly string[];
  places: ReturnType<typeof usePlaces>;
  onClose: () => void;
  onSaved: () => void;
}

function DataTypeDialog({ type, names, places, onClose, onSaved }: DataTypeDialogProps) {
  const [name, setName] = useState(type?.name ?? '');
  const [description, setDescription] = useState(type?.description ?? '');
  const [fits, setFits] = useState(() => fitsOf(type));
  const [rows, setRows] = useState(() => readRows(type?.fields));
  const [place, setPlace] = useState(DEFAULT_PLACE);
  const [error, setError] = useState<string | null>(null);
  const others = [...new Set(names)].filter((each) => each !== name);
  const save = async () => {
    const fields = {
      name: name.trim(),
      description: description.trim() || null,
      fits,
      // What was written by another program, and in another way, stays as it is.
      ...(Array.isArray(type?.fields ?? []) && { fields: writtenRows(rows) }),
    };
    try {
      if (type) await client.dataTypes.change(type._key, fields);
      else await client.dataTypes.create({ ...fields, workspace: place });
      onSaved();
      onClose();
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <FormDialog
      title={type ? 'Edit data type' : 'New data type'}
      submit={type ? 'Save' : 'Create data type'}
      wide
      error={error}
      onClose={onClose}
      onSubmit={() => void save()}
    >
      <Field label="Name">
        {(ids) => (
          <input
            {...ids}
            className="input"
            required
            autoFocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="Description">
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            rows={2}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        )}
      </Field>
      {others.length > 0 && (
        <fieldset className="field">
          <legend className="label">Also fits where this is expected</legend>
          <div className="choices">
            {others.map((each) => (
              <label key={each} className="check">
                <input
                  type="checkbox"
                  checked={fits.includes(each)}
                  onChange={(event) =>
                    setFits(
                      event.target.checked ? [...fits, each] : fits.filter((one) => one !== each),
                    )
                  }
                />
                {each}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <FieldsEditor legend="Fields" kinds={KINDS} rows={rows} onChange={setRows} />
      {!type && <PlaceField places={places} value={place} onChange={setPlace} />}
    </FormDialog>
  );
}
