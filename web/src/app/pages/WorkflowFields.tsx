import { useCallback, useId } from 'react';
import { client } from '../account';
import { useLoaded } from '../useLoaded';
import { Field } from '../ui/Field';

export interface Settings {
  name: string;
  category: string;
  description: string;
}

interface WorkflowFieldsProps {
  value: Settings;
  onChange: (next: Settings) => void;
}

/** Name, category and description of a workflow. */
export function WorkflowFields({ value, onChange }: WorkflowFieldsProps) {
  const categories = useLoaded(useCallback(() => client.categories.list(), []));
  const list = useId();
  return (
    <>
      <Field label="Name">
        {(ids) => (
          <input
            {...ids}
            className="input"
            required
            autoFocus
            maxLength={200}
            value={value.name}
            onChange={(event) => onChange({ ...value, name: event.target.value })}
          />
        )}
      </Field>
      <Field label="Category" hint="Choose one, or write a new one. It may be left empty.">
        {(ids) => (
          <input
            {...ids}
            className="input"
            list={list}
            maxLength={200}
            value={value.category}
            onChange={(event) => onChange({ ...value, category: event.target.value })}
          />
        )}
      </Field>
      <datalist id={list}>
        {[...new Set((categories.data ?? []).map((each) => each.name))].map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Field label="Description">
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            rows={3}
            value={value.description}
            onChange={(event) => onChange({ ...value, description: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

/** What the server is told: what is left empty is nothing. */
export function fieldsOf({ name, category, description }: Settings) {
  return {
    name: name.trim(),
    category: category.trim() || null,
    description: description.trim() || null,
  };
}
