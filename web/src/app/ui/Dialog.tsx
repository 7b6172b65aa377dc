import { useEffect, useId, useRef, type FormEvent, type ReactNode } from 'react';
import { Button, classes, IconButton } from './Button';

interface DialogProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

/** A modal dialog; Escape and the cross close it, and focus goes back to where it was. */
export function Dialog({ title, onClose, wide, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    // Else it would be the cross that closes.
    dialog?.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea)')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={classes('dialog', wide && 'wide')}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // What is typed here is no shortcut of the page behind.
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      {children}
    </dialog>
  );
}

interface FormDialogProps extends DialogProps {
  submit: string;
  busy?: boolean;
  danger?: boolean;
  error?: string | null | undefined;
  onSubmit: () => void;
}

/** A dialog that asks for something. */
export function FormDialog({ submit, busy, danger, error, onSubmit, ...rest }: FormDialogProps) {
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onSubmit();
  };
  return (
    <Dialog {...rest}>
      <form onSubmit={send}>
        <div className="dialog-body">
          {rest.children}
          {error && (
            <p className="notice danger" role="alert">
              {error}
            </p>
          )}
        </div>
        <div className="dialog-foot">
          <Button onClick={rest.onClose}>Cancel</Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} disabled={busy}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
