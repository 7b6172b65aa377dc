import { signOut, useUser } from './account';
import { go, href } from './router';
import { chooseTheme, useTheme, type Theme } from './theme';
import type { IconName } from './ui/Icon';
import { Menu, MenuItem } from './ui/Menu';
import { Avatar } from './ui/people';

const THEMES: readonly [theme: Theme, icon: IconName, label: string][] = [
  ['system', 'system', 'Like the system'],
  ['light', 'sun', 'Light'],
  ['dark', 'moon', 'Dark'],
];

/** Who one is, how pages look, and the way out. */
export function AccountMenu() {
  const user = useUser();
  const theme = useTheme();
  return (
    <Menu
      label={`Account of ${user.username}`}
      face={<Avatar name={user.username} />}
      buttonClass="quiet icon"
      head={
        <>
          <strong className="truncate">{user.username}</strong>
          {user.roles.includes('admin') && <p className="muted small">Administrator</p>}
        </>
      }
    >
      <MenuItem icon="user" onClick={() => go(href(['account']))}>
        Change password
      </MenuItem>
      <hr />
      {THEMES.map(([id, icon, label]) => (
        <MenuItem key={id} icon={icon} checked={theme === id} onClick={() => chooseTheme(id)}>
          {label}
        </MenuItem>
      ))}
      <hr />
      <MenuItem icon="signout" onClick={() => void signOut()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
