import { useState, type ReactNode } from 'react';
import { said } from '../useLoaded';
import { FormDialog } from './Dialog';

interface ConfirmDialogProps {
  title: string;
  submit: string;
  danger?: boolean;
  onClose: () => void;
  /** Does it; what it throws is shown, and the dialog stays. */
  onConfirm: () => Promise<void>;
  children: ReactNode;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({
  title,
  submit,
  danger = true,
  onClose,
  onConfirm,
  children,
}: ConfirmDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      setError(said(problem));
      setBusy(false);
    }
  };
  return (
    <FormDialog
      title={title}
      submit={submit}
      danger={danger}
      busy={busy}
      error={error}
      onClose={onClose}
      onSubmit={() => void confirm()}
    >
      {children}
    </FormDialog>
  );
}
