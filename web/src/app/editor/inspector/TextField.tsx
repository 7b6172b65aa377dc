import type { KeyboardEvent } from 'react';
import { Field } from '../../ui/Field';
import { useCanEdit, useOpen } from '../context';
import { Editing } from './Editing';
import { useDraft } from './useDraft';

interface TextFieldProps {
  label: string;
  path: readonly string[];
  value: string;
  long?: boolean;
  hint?: string | null | undefined;
  placeholder?: string | undefined;
  /** What is left empty becomes nothing, where that is allowed. */
  empty?: null;
}

/** A text of the document. */
export function TextField({ label, path, value, long, hint, placeholder, empty }: TextFieldProps) {
  const { actions } = useOpen();
  const editable = useCanEdit();
  const field = path.join('/');
  const draft = useDraft(
    value,
    (text) => {
      if (text === '' && empty === null) actions.change(path, null);
      else actions.changeText(path, text);
      return true;
    },
    field,
  );
  const common = {
    className: 'input',
    value: draft.value,
    readOnly: !editable,
    placeholder,
    onFocus: draft.onFocus,
    onBlur: draft.onBlur,
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      // Out of the field, so that keys are shortcuts again; what is written stays.
      if (event.key === 'Escape') event.currentTarget.blur();
    },
  };
  return (
    <Field
      label={
        <>
          {label} <Editing field={field} />
        </>
      }
      hint={hint}
    >
      {(ids) =>
        long ? (
          <textarea
            {...ids}
            {...common}
            rows={4}
            onChange={(event) => draft.onChange(event.target.value)}
          />
        ) : (
          <input
            {...ids}
            {...common}
            onKeyDown={(event) => {
              if (event.key === 'Enter') draft.flush();
              else common.onKeyDown(event);
            }}
            onChange={(event) => draft.onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}
