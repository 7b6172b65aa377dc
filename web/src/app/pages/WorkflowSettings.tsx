import { useState } from 'react';
import { client } from '../account';
import { said } from '../useLoaded';
import { FormDialog } from '../ui/Dialog';
import { fieldsOf, WorkflowFields } from './WorkflowFields';

interface WorkflowSettingsProps {
  workflow: { _key: string; name: string; category: string | null; description: string | null };
  onClose: () => void;
  onChanged: () => void;
}

/** Change what a workflow is called. */
export function WorkflowSettings({ workflow, onClose, onChanged }: WorkflowSettingsProps) {
  const [value, setValue] = useState({
    name: workflow.name,
    category: workflow.category ?? '',
    description: workflow.description ?? '',
  });
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    try {
      await client.workflows.change(workflow._key, fieldsOf(value));
      onChanged();
      onClose();
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <FormDialog
      title="Rename and describe"
      submit="Save"
      error={error}
      onClose={onClose}
      onSubmit={() => void save()}
    >
      <WorkflowFields value={value} onChange={setValue} />
    </FormDialog>
  );
}
