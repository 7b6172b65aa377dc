import { useCallback, useState } from 'react';
import type { Role, WorkspaceEntry } from '../../client';
import { client } from '../account';
import { href } from '../router';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { Dialog, FormDialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { tell } from '../ui/toasts';
import { List } from './List';

const ROLES: readonly [role: Role, words: string][] = [
  ['viewer', 'Viewer: looks'],
  ['editor', 'Editor: changes'],
  ['owner', 'Owner: manages the members too'],
];

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
            {each.role === 'owner' && (
              <Button
                compact
                icon="people"
                aria-label={`Members of ${each.name}`}
                onClick={() => setManaged(each)}
              >
                Members
              </Button>
            )}
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

/** Give somebody a role, or take it away. The server tells nobody who the members are. */
function Members({ workspace, onClose }: { workspace: WorkspaceEntry; onClose: () => void }) {
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<Role>('editor');
  const [error, setError] = useState<string | null>(null);
  const attempt = async (done: string, work: () => Promise<unknown>) => {
    try {
      setError(null);
      await work();
      setUsername('');
      tell('good', done);
    } catch (problem) {
      setError(said(problem));
    }
  };
  const name = username.trim();
  return (
    <Dialog title={`Members of ${workspace.name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(`${name} is now ${role} in ${workspace.name}`, () =>
            client.workspaces.setMember(workspace._key, name, role),
          );
        }}
      >
        <div className="dialog-body">
          <p className="muted small">
            Name somebody who has an account here. Who is a member already gets the role that you
            choose.
          </p>
          <Field label="Username">
            {(ids) => (
              <input
                {...ids}
                className="input"
                required
                autoFocus
                autoCapitalize="none"
                spellCheck={false}
                value={username}
                onChange={(event) => setUsername(event.target.value)}
              />
            )}
          </Field>
          <Field label="Role">
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={role}
                onChange={(event) => setRole(event.target.value as Role)}
              >
                {ROLES.map(([each, words]) => (
                  <option key={each} value={each}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {error && (
            <p className="notice danger" role="alert">
              {error}
            </p>
          )}
        </div>
        <div className="dialog-foot">
          <Button
            kind="danger"
            disabled={!name}
            onClick={() =>
              void attempt(`${name} is no longer in ${workspace.name}`, () =>
                client.workspaces.removeMember(workspace._key, name),
              )
            }
          >
            Remove from workspace
          </Button>
          <Button type="submit" kind="primary">
            Set role
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
