import type { ReactNode } from 'react';
import { AccountMenu } from './AccountMenu';
import { SECTIONS } from './manage/sections';
import { go, href, usePlace } from './router';
import { Icon } from './ui/Icon';
import { Logo } from './ui/Logo';
import { Menu, MenuItem } from './ui/Menu';

/** What stands around every page but the canvas. */
export function Shell({ children }: { children: ReactNode }) {
  const { parts } = usePlace();
  const [page, section] = parts;
  return (
    <div className="shell">
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          // The address behind # says which page this is.
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to content
      </a>
      <header className="bar">
        <a className="brand" href={href([])} aria-label="Nodius, all workflows">
          <Logo />
          <span>Nodius</span>
        </a>
        <nav className="nav" aria-label="Main">
          <a href={href([])} aria-current={page === undefined ? 'page' : undefined}>
            Workflows
          </a>
          {SECTIONS.map((each) => (
            <a
              key={each.id}
              href={href(['library', each.id])}
              aria-current={page === 'library' && section === each.id ? 'page' : undefined}
            >
              {each.title}
            </a>
          ))}
        </nav>
        <div className="bar-end">
          <span className="narrow-only">
            <Menu label="Pages" face={<Icon name="more" />} buttonClass="quiet icon">
              <MenuItem icon="nodes" onClick={() => go(href([]))}>
                Workflows
              </MenuItem>
              {SECTIONS.map((each) => (
                <MenuItem
                  key={each.id}
                  icon={each.icon}
                  onClick={() => go(href(['library', each.id]))}
                >
                  {each.title}
                </MenuItem>
              ))}
            </Menu>
          </span>
          <AccountMenu />
        </div>
      </header>
      <main id="main" className="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
