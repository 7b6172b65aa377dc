import { useState } from 'react';
import type { WorkflowHead, WorkspaceEntry } from '../../client';
import { client } from '../account';
import { go, href } from '../router';
import { ago, exactly } from '../time';
import { said } from '../useLoaded';
import { Icon } from '../ui/Icon';
import { Menu, MenuItem } from '../ui/Menu';
import { hued, hueOf } from '../ui/people';
import { tell } from '../ui/toasts';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { download, exported, fileName } from './files';
import { WorkflowSettings } from './WorkflowSettings';

interface WorkflowRowProps {
  workflow: WorkflowHead;
  workspaces: readonly WorkspaceEntry[];
  onChanged: () => void;
}

/** A workflow in the list, and what can be done with it. */
export function WorkflowRow({ workflow, workspaces, onChanged }: WorkflowRowProps) {
  const [asked, setAsked] = useState<'settings' | 'delete' | null>(null);
  const workspace = workspaces.find((each) => each._key === workflow.workspace);
  const reading = workspace?.role === 'viewer';
  const close = () => setAsked(null);
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      tell('danger', what, said(error));
    }
  };
  const save = () =>
    attempt('The workflow was not exported', async () => {
      download(fileName(workflow.name), JSON.stringify(await exported(workflow._key), null, 2));
    });
  const duplicate = () =>
    attempt('The workflow was not duplicated', async () => {
      const copy = await exported(workflow._key);
      const name = `${workflow.name} (copy)`;
      await client.workflows.create({ ...copy, name, workspace: workflow.workspace });
      tell('good', `“${name}” is made`);
      onChanged();
    });
  return (
    <li className="workflow-row">
      <span
        className="row-sign hued"
        style={hued(hueOf(workflow.category ?? workflow._key))}
        aria-hidden="true"
      >
        <Icon name="nodes" />
      </span>
      <div className="grow">
        <a className="row-title truncate" href={href(['workflow', workflow._key])}>
          {workflow.name || 'Without a name'}
        </a>
        {workflow.description && <p className="muted small truncate">{workflow.description}</p>}
      </div>
      <div className="row-facts">
        {workflow.category && (
          <span className="chip hued" style={hued(hueOf(workflow.category))}>
            {workflow.category}
          </span>
        )}
        {workspaces.length > 1 && workspace && <span className="chip">{workspace.name}</span>}
        {reading && <span className="chip">View only</span>}
        <time
          className="muted small"
          dateTime={new Date(workflow.updatedAt).toISOString()}
          title={exactly(workflow.updatedAt)}
        >
          {ago(workflow.updatedAt)}
        </time>
      </div>
      <Menu
        label={`Actions for ${workflow.name}`}
        face={<Icon name="more" />}
        buttonClass="quiet icon"
      >
        <MenuItem icon="edit" disabled={reading} onClick={() => setAsked('settings')}>
          Rename and describe
        </MenuItem>
        <MenuItem icon="copy" onClick={() => void duplicate()} disabled={reading}>
          Duplicate
        </MenuItem>
        <MenuItem icon="history" onClick={() => go(href(['workflow', workflow._key, 'history']))}>
          History
        </MenuItem>
        <MenuItem icon="download" onClick={() => void save()}>
          Export
        </MenuItem>
        <hr />
        <MenuItem icon="trash" danger disabled={reading} onClick={() => setAsked('delete')}>
          Delete
        </MenuItem>
      </Menu>
      {asked === 'settings' && (
        <WorkflowSettings workflow={workflow} onClose={close} onChanged={onChanged} />
      )}
      {asked === 'delete' && (
        <ConfirmDialog
          title={`Delete “${workflow.name}”?`}
          submit="Delete workflow"
          onClose={close}
          onConfirm={async () => {
            await client.workflows.remove(workflow._key);
            onChanged();
          }}
        >
          <p>
            Its nodes, its edges and its history go with it, for everybody. This cannot be undone.
          </p>
        </ConfirmDialog>
      )}
    </li>
  );
}
