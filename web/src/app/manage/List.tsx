import type { ReactNode } from 'react';
import type { Loaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { Empty, Loading } from '../ui/Empty';
import { Icon, type IconName } from '../ui/Icon';

interface ListProps<T> {
  title: string;
  about: string;
  icon: IconName;
  loaded: Loaded<readonly T[]>;
  add: string;
  onAdd: () => void;
  /** What to say while there are none. */
  none: ReactNode;
  row: (entry: T) => ReactNode;
  more?: ReactNode;
}

/** A page of the library: a list, and a way to add to it. */
export function List<T>({ title, about, icon, loaded, add, onAdd, none, row, more }: ListProps<T>) {
  const { data, error, loading } = loaded;
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          <p className="muted">{about}</p>
        </div>
        <Button icon="add" kind="primary" onClick={onAdd}>
          {add}
        </Button>
      </div>
      {error && (
        <p className="notice danger" role="alert">
          <Icon name="alert" /> {error}
        </p>
      )}
      {!data && loading && <Loading what={title.toLowerCase()} />}
      {data?.length === 0 && (
        <Empty icon={icon} title={`No ${title.toLowerCase()} yet`}>
          {none}
        </Empty>
      )}
      {data && data.length > 0 && (
        <ul className="card rows" aria-label={title} aria-busy={loading}>
          {data.map(row)}
        </ul>
      )}
      {more}
    </>
  );
}
