import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './Icon';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName;
  kind?: 'primary' | 'danger' | 'quiet' | undefined;
  compact?: boolean;
}

/** A button with words on it. */
export function Button({ icon, kind, compact, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes('button', kind, compact && 'compact', className)}
    >
      {icon && <Icon name={icon} size={compact ? 16 : 18} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonProps {
  icon: IconName;
  label: string;
  hint?: string | undefined;
}

/** A button with a picture on it: the label is its name, the hint what a tooltip adds. */
export function IconButton({
  icon,
  label,
  hint,
  kind = 'quiet',
  compact,
  className,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      title={hint ?? label}
      aria-label={label}
      {...rest}
      className={classes('button icon', kind, compact && 'compact', className)}
    >
      <Icon name={icon} size={compact ? 16 : 18} />
    </button>
  );
}

/** The class names that are there, as one. */
export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}
