import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

/** What stands where there is nothing yet, and what to do about it. */
export function Empty({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="empty">
      <span className="art">
        <Icon name={icon} size={40} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** That something is being fetched. */
export function Loading({ what }: { what: string }) {
  return (
    <div className="empty" role="status">
      <span className="spinner" />
      <p>Loading {what} …</p>
    </div>
  );
}
