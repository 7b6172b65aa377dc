import { useState } from 'react';
import { client } from '../../account';
import type { FormField } from '../../model/configs';
import type { Json } from '../../model/json';
import { chosenFile } from '../../pages/files';
import { said } from '../../useLoaded';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { useCanEdit, useOpen } from '../context';
import { Editing } from './Editing';
import { useDraft } from './useDraft';

interface DataFieldProps {
  field: FormField;
  path: readonly string[];
  value: Json | undefined;
  onChange: (value: Json) => void;
}

/** One field of a node's data. */
export function DataField(props: DataFieldProps) {
  if (props.field.kind === 'boolean') return <Check {...props} />;
  if (props.field.kind === 'choice') return <Choice {...props} />;
  if (props.field.kind === 'image') return <Picture {...props} />;
  return <Written {...props} />;
}

function Check({ field, value, onChange }: DataFieldProps) {
  const editable = useCanEdit();
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={value === true}
        disabled={!editable}
        onChange={(event) => onChange(event.target.checked)}
      />
      {field.label}
    </label>
  );
}

function Choice({ field, value, onChange }: DataFieldProps) {
  const editable = useCanEdit();
  const current = typeof value === 'string' ? value : '';
  const options = field.options.includes(current) ? field.options : [current, ...field.options];
  return (
    <Field label={field.label} hint={field.hint}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={current}
          disabled={!editable}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((each) => (
            <option key={each} value={each}>
              {each || 'None'}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Texts, numbers, and whatever is written as JSON. */
function Written({ field, path, value, onChange }: DataFieldProps) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const [wrong, setWrong] = useState<string | null>(null);
  const commit = (text: string) => {
    if (field.kind === 'number' || field.kind === 'json') {
      const read = field.kind === 'number' ? numberIn(text) : jsonIn(text);
      setWrong(read.wrong);
      if (read.wrong === null) onChange(read.value);
      // `1.` is the number 1, and not what was being written.
      return false;
    }
    if (typeof value === 'string') actions.changeText(path, text);
    else onChange(text);
    return true;
  };
  const draft = useDraft(written(value, field.kind), commit, path.join('/'));
  const common = {
    className: field.kind === 'json' ? 'input mono' : 'input',
    value: draft.value,
    readOnly: !editable,
    onFocus: draft.onFocus,
    onBlur: draft.onBlur,
  };
  const label = (
    <>
      {field.label} <Editing field={path.join('/')} />
    </>
  );
  return (
    <Field label={label} hint={field.hint} error={wrong}>
      {(ids) =>
        field.kind === 'longtext' || field.kind === 'json' ? (
          <textarea
            {...ids}
            {...common}
            rows={4}
            spellCheck={field.kind !== 'json'}
            onChange={(event) => draft.onChange(event.target.value)}
          />
        ) : (
          <input
            {...ids}
            {...common}
            inputMode={field.kind === 'number' ? 'decimal' : undefined}
            onKeyDown={(event) => {
              if (event.key === 'Enter') draft.flush();
            }}
            onChange={(event) => draft.onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

function written(value: Json | undefined, kind: FormField['kind']): string {
  if (value === undefined || value === null) return '';
  return kind === 'json' || typeof value === 'object'
    ? JSON.stringify(value, null, 2)
    : String(value);
}

type Read = { wrong: string; value?: never } | { wrong: null; value: Json };

function numberIn(text: string): Read {
  if (text.trim() === '') return { wrong: null, value: null };
  const value = Number(text);
  return Number.isFinite(value)
    ? { wrong: null, value }
    : { wrong: 'This is not a number, so it was not saved.' };
}

function jsonIn(text: string): Read {
  if (text.trim() === '') return { wrong: null, value: null };
  try {
    return { wrong: null, value: JSON.parse(text) as Json };
  } catch {
    return { wrong: 'This is not JSON yet, so it was not saved.' };
  }
}

function Picture({ field, value, onChange }: DataFieldProps) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const [error, setError] = useState<string | null>(null);
  const key = typeof value === 'string' && value ? value : null;
  const take = async (file: File | undefined) => {
    if (!file) return;
    try {
      setError(null);
      const place = await actions.workspace();
      onChange((await client.images.upload(file, undefined, place)).imageKey);
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <div
      className="field"
      role="group"
      aria-label={field.label}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (editable) void take(event.dataTransfer.files[0]);
      }}
    >
      <span className="label">{field.label}</span>
      {key ? (
        <img className="picture" src={client.images.url(key, 640)} alt={field.label} />
      ) : (
        <p className="muted small">No picture yet. Drop one here.</p>
      )}
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {editable && (
        <div className="row">
          <Button compact icon="upload" onClick={() => void chosenFile('image/*').then(take)}>
            {key ? 'Replace picture' : 'Choose picture'}
          </Button>
          {key && (
            <Button compact onClick={() => onChange(null)}>
              Remove picture
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
