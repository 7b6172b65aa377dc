import { useEffect } from 'react';
import { AccountMenu } from '../AccountMenu';
import { download, fileName } from '../pages/files';
import { go, href } from '../router';
import { IconButton } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { Logo } from '../ui/Logo';
import { Menu, MenuItem } from '../ui/Menu';
import { arrange } from './arrange';
import { useCanEdit, useGraph, useOpen, useSession, useView } from './context';
import { Here } from './Here';
import { Status } from './Status';
import { UndoButtons } from './UndoButtons';

/** What stands above the canvas: where one is, with whom, and whether all is well. */
export function Header({ onHelp }: { onHelp: () => void }) {
  const { view, workflowKey } = useOpen();
  const graph = useGraph();
  const editable = useCanEdit();
  const { palette, panel } = useView((each) => each);
  return (
    <header className="bar editor-bar">
      <a className="brand" href={href([])} aria-label="All workflows" title="All workflows">
        <Logo />
      </a>
      {editable && (
        <span className="wide-only">
          <IconButton
            icon="sidebar"
            label="Palette"
            hint={palette ? 'Hide the palette' : 'Show the palette'}
            aria-pressed={palette}
            onClick={() => view.set((before) => ({ ...before, palette: !before.palette }))}
          />
        </span>
      )}
      <h1 className="truncate" title={graph.name}>
        {graph.name || 'Without a name'}
      </h1>
      <ViewOnly />
      <Status />
      <div className="bar-end">
        {editable && <UndoButtons />}
        <Here />
        <IconButton
          icon="history"
          label="History"
          onClick={() => go(href(['workflow', workflowKey, 'history']))}
        />
        <IconButton
          icon="settings"
          label="Properties"
          hint={panel ? 'Hide the properties' : 'Show the properties'}
          aria-pressed={panel}
          onClick={() => view.set((before) => ({ ...before, panel: !before.panel }))}
        />
        <MoreMenu onHelp={onHelp} />
        <span className="wide-only">
          <AccountMenu />
        </span>
      </div>
    </header>
  );
}

/** Says why nothing can be changed, and is gone soon after it can be. */
function ViewOnly() {
  const { session } = useOpen();
  const reading = useSession((state) => state.role === 'viewer');
  useEffect(() => {
    if (!reading) return undefined;
    const look = () => session.lookAgain();
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, [reading, session]);
  if (!reading) return null;
  return (
    <button
      type="button"
      className="chip warning"
      title="You are a viewer in this workspace. Ask its owner to be an editor, then press here."
      onClick={() => session.lookAgain()}
    >
      <Icon name="eye" size={15} /> View only
    </button>
  );
}

function MoreMenu({ onHelp }: { onHelp: () => void }) {
  const { actions, session } = useOpen();
  const editable = useCanEdit();
  const save = () => {
    const document = session.state().document;
    if (document) download(fileName(document.name), JSON.stringify(document, null, 2));
  };
  return (
    <Menu label="More actions" face={<Icon name="more" />} buttonClass="quiet icon">
      <MenuItem icon="layout" disabled={!editable} end="L" onClick={() => void arrange(actions)}>
        Arrange automatically
      </MenuItem>
      <MenuItem icon="check" disabled={!editable} onClick={() => session.save()}>
        Save a snapshot now
      </MenuItem>
      <MenuItem icon="download" onClick={save}>
        Export as JSON
      </MenuItem>
      <hr />
      <MenuItem icon="keyboard" end="?" onClick={onHelp}>
        Keyboard shortcuts
      </MenuItem>
    </Menu>
  );
}
