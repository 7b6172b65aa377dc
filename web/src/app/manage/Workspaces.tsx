import { useCallback, useState } from 'react';
import type { WorkspaceEntry } from '../../client';
import { client } from '../account';
import { href } from '../router';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { FormDialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { List } from './List';
import { Members } from './Members';

/** Who works on what with whom. */
export function Workspaces() {
  const loaded = useLoaded(useCallback(() => client.workspaces.list(), []));
  const [making, setMaking] = useState(false);
  const [managed, setManaged] = useState<WorkspaceEntry | null>(null);
  return (
    <>
      <List
        title="Workspaces"
        about="What belongs together, and who may see and change it."
        icon="people"
        loaded={loaded}
        add="New workspace"
        onAdd={() => setMaking(true)}
        none={<p>You are in no workspace. Make one, or ask somebody to add you to theirs.</p>}
        row={(each) => (
          <li key={each._key} className="library-row">
            <div className="grow">
              <strong>{each.name}</strong>
            </div>
            <span className="chip">{each.role}</span>
            <a className="small wide-only" href={href([], { workspace: each._key })}>
              Show workflows
            </a>
            <Button
              compact
              icon="people"
              aria-label={`Members of ${each.name}`}
              onClick={() => setManaged(each)}
            >
              Members
            </Button>
          </li>
        )}
      />
      {making && <NewWorkspace onClose={() => setMaking(false)} onSaved={loaded.reload} />}
      {managed && <Members workspace={managed} onClose={() => setManaged(null)} />}
    </>
  );
}

function NewWorkspace({ onClose, onSaved }: { onClose: () => void; onSaved: () => void }) {
  const [name, setName] = useState('');
  const [error, setError] = useState<string | null>(null);
  const make = async () => {
    try {
      await client.workspaces.create(name.trim());
      onSaved();
      onClose();
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <FormDialog
      title="New workspace"
      submit="Create workspace"
      error={error}
      onClose={onClose}
      onSubmit={() => void make()}
    >
      <Field label="Name" hint="You are its owner, and add others afterwards.">
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
    </FormDialog>
  );
}
