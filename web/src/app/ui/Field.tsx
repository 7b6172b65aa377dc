import { useId, type ReactElement, type ReactNode } from 'react';

interface Ids {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Makes the control, with what ties it to its label, hint and error. */
  children: (ids: Ids) => ReactElement;
}

/** A control with its label, and what there is to say about it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const said = error || hint ? `${id}-said` : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': said, 'aria-invalid': error ? true : undefined })}
      {error ? (
        <p className="error" id={said} role="alert">
          {error}
        </p>
      ) : (
        hint && (
          <p className="hint" id={said}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}
