import { useState } from 'react';
import type { WorkspaceEntry } from '../../client';
import { client } from '../account';
import { go, href } from '../router';
import { said } from '../useLoaded';
import { FormDialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { fieldsOf, WorkflowFields } from './WorkflowFields';

interface NewWorkflowDialogProps {
  workspaces: readonly WorkspaceEntry[];
  /** The workspace that is looked at, if it is one. */
  workspace: string;
  onClose: () => void;
}

/** Make a workflow and open it. */
export function NewWorkflowDialog({ workspaces, workspace, onClose }: NewWorkflowDialogProps) {
  const open = workspaces.filter((each) => each.role !== 'viewer');
  const [value, setValue] = useState({ name: '', category: '', description: '' });
  const [place, setPlace] = useState(
    workspace || (open.find((each) => each._key === 'default') ?? open[0])?._key || '',
  );
  const [error, setError] = useState<string | null>(null);
  const make = async () => {
    try {
      const fresh = { ...fieldsOf(value), data: { sheets: { '0': 'Main' } } };
      const key = await client.workflows.create(place ? { ...fresh, workspace: place } : fresh);
      go(href(['workflow', key]));
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <FormDialog
      title="New workflow"
      submit="Create workflow"
      error={error}
      onClose={onClose}
      onSubmit={() => void make()}
    >
      <WorkflowFields value={value} onChange={setValue} />
      {open.length > 1 && (
        <Field label="Workspace" hint="Who is a member sees it. It stays where it was made.">
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={place}
              onChange={(event) => setPlace(event.target.value)}
            >
              {open.map((each) => (
                <option key={each._key} value={each._key}>
                  {each.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </FormDialog>
  );
}
