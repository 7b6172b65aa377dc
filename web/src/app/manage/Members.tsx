import { useCallback, useState } from 'react';
import type { Role, WorkspaceEntry } from '../../client';
import { client } from '../account';
import { Pager } from '../pages/Pager';
import { said, useLoaded } from '../useLoaded';
import { Button, IconButton } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Loading } from '../ui/Empty';
import { Field } from '../ui/Field';

const ROLES: readonly Role[] = ['viewer', 'editor', 'owner'];
const PAGE = 50;

interface MembersProps {
  workspace: WorkspaceEntry;
  onClose: () => void;
}

/** Who is in a workspace; an owner takes others in, changes what they may do, and takes them out. */
export function Members({ workspace, onClose }: MembersProps) {
  const key = workspace._key;
  const [page, setPage] = useState(0);
  const loaded = useLoaded(
    useCallback(
      () => client.workspaces.members(key, { limit: PAGE, offset: page * PAGE }),
      [key, page],
    ),
  );
  const [error, setError] = useState<string | null>(null);
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
      setError(null);
      loaded.reload();
      return true;
    } catch (problem) {
      setError(said(problem));
      return false;
    }
  };
  const set = (username: string, role: Role) =>
    attempt(() => client.workspaces.setMember(key, username, role));
  const owned = workspace.role === 'owner';
  const wrong = error ?? loaded.error;
  return (
    <Dialog title={`Members of ${workspace.name}`} onClose={onClose}>
      <div className="dialog-body">
        <p className="muted small">
          A viewer looks, an editor changes, an owner also manages the members.
        </p>
        {owned && <Adding onAdd={set} />}
        {wrong && (
          <p className="notice danger" role="alert">
            {wrong}
          </p>
        )}
        {!loaded.data && loaded.loading && <Loading what="members" />}
        <ul className="rows" aria-label="Members" aria-busy={loaded.loading}>
          {loaded.data?.members.map(({ username, role }) => (
            <li key={username} className="member-row">
              <span className="grow">{username}</span>
              {owned ? (
                <>
                  <RoleSelect
                    label={`Role of ${username}`}
                    role={role}
                    onChange={(next) => void set(username, next)}
                  />
                  <IconButton
                    icon="trash"
                    label={`Remove ${username} from ${workspace.name}`}
                    onClick={() =>
                      void attempt(() => client.workspaces.removeMember(key, username))
                    }
                  />
                </>
              ) : (
                <span className="chip">{role}</span>
              )}
            </li>
          ))}
        </ul>
        <Pager page={page} size={PAGE} total={loaded.data?.total ?? 0} onChange={setPage} />
      </div>
    </Dialog>
  );
}

function Adding({ onAdd }: { onAdd: (username: string, role: Role) => Promise<boolean> }) {
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<Role>('editor');
  const add = async () => {
    if (await onAdd(username.trim(), role)) setUsername('');
  };
  return (
    <form
      className="adding"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <Field label="Username">
        {(ids) => (
          <input
            {...ids}
            className="input"
            required
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        )}
      </Field>
      <Field label="Role">{(ids) => <RoleSelect {...ids} role={role} onChange={setRole} />}</Field>
      <Button type="submit" kind="primary">
        Add
      </Button>
    </form>
  );
}

interface RoleSelectProps {
  id?: string;
  label?: string;
  role: Role;
  onChange: (role: Role) => void;
}

function RoleSelect({ label, role, onChange, ...rest }: RoleSelectProps) {
  return (
    <select
      {...rest}
      className="input"
      aria-label={label}
      value={role}
      onChange={(event) => onChange(event.target.value as Role)}
    >
      {ROLES.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  );
}
