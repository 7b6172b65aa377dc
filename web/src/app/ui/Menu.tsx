import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { classes } from './Button';
import { Icon, type IconName } from './Icon';

interface MenuProps {
  label: string;
  /** What the button shows. */
  face: ReactNode;
  buttonClass?: string;
  side?: 'left' | 'right';
  above?: boolean;
  head?: ReactNode;
  hint?: string;
  children: ReactNode;
}

/** A button that opens a list of commands; arrows, Home, End and Escape work in it. */
export function Menu({
  label,
  face,
  buttonClass,
  side = 'right',
  above,
  head,
  hint,
  children,
}: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    items(root.current)[0]?.focus();
    const leave = (event: PointerEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave, true);
    return () => document.removeEventListener('pointerdown', leave, true);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
  };
  return (
    <div
      ref={root}
      className="menu-anchor"
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget))
          setOpen(false);
      }}
    >
      <button
        type="button"
        className={classes('button', buttonClass)}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        title={hint ?? label}
        onClick={() => setOpen(!open)}
      >
        {face}
      </button>
      {open && (
        <div className={classes('menu', side === 'left' && 'left', above && 'above')}>
          {head && <div className="menu-head">{head}</div>}
          <div
            id={id}
            role="menu"
            tabIndex={-1}
            aria-label={label}
            onKeyDown={(event) => walk(event, root.current, close)}
            onClick={close}
          >
            {children}
          </div>
        </div>
      )}
    </div>
  );
}

interface ItemProps {
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  checked?: boolean;
  end?: string;
  onClick: () => void;
  children: ReactNode;
}

/** One command of a menu; with `checked`, one of several that exclude each other. */
export function MenuItem({ icon, danger, disabled, checked, end, onClick, children }: ItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      tabIndex={-1}
      className={danger ? 'danger' : undefined}
      disabled={disabled}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
      {(end || checked) && (
        <span className="end">{checked ? <Icon name="check" size={16} /> : end}</span>
      )}
    </button>
  );
}

function items(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)') ?? [])];
}

function walk(event: KeyboardEvent, root: HTMLElement | null, close: () => void) {
  const all = items(root);
  const at = all.findIndex((each) => each === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  event.stopPropagation();
  if (event.key === 'Escape') close();
  else if (to !== undefined) all.at(to % all.length)?.focus();
  else return;
  event.preventDefault();
}
