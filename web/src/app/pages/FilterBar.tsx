import { useCallback, useEffect, useRef, useState } from 'react';
import type { WorkspaceEntry } from '../../client';
import { client } from '../account';
import { useLoaded } from '../useLoaded';
import { Icon } from '../ui/Icon';
import type { Filter } from './listing';

/** Milliseconds after the last letter until a search begins. */
const PAUSE = 250;

interface FilterBarProps {
  filter: Filter;
  workspaces: readonly WorkspaceEntry[];
  /** Categories that are seen, and need not be in the catalog. */
  seen: readonly string[];
  onChange: (next: Partial<Filter>) => void;
}

/** Search, category and workspace. */
export function FilterBar({ filter, workspaces, seen, onChange }: FilterBarProps) {
  const categories = useLoaded(useCallback(() => client.categories.list(), []));
  const known = (categories.data ?? []).map((each) => each.name);
  const chosen = filter.category ? [filter.category] : [];
  const names = [...new Set([...known, ...seen, ...chosen])].sort();
  return (
    <search className="filters">
      <Search value={filter.search} onChange={(search) => onChange({ search })} />
      <select
        className="input"
        aria-label="Filter by category"
        value={filter.category}
        onChange={(event) => onChange({ category: event.target.value })}
      >
        <option value="">All categories</option>
        {names.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      {workspaces.length > 1 && (
        <select
          className="input"
          aria-label="Filter by workspace"
          value={filter.workspace}
          onChange={(event) => onChange({ workspace: event.target.value })}
        >
          <option value="">All workspaces</option>
          {workspaces.map((each) => (
            <option key={each._key} value={each._key}>
              {each.name}
            </option>
          ))}
        </select>
      )}
    </search>
  );
}

/** Words to look for; asked for when the typing pauses. */
function Search({ value, onChange }: { value: string; onChange: (search: string) => void }) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (known !== value) {
    setKnown(value);
    // What only ends in a space is the same search, and the space is about to be followed by a word.
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), [value]);
  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(next.trim()), PAUSE);
  };
  return (
    <div className="search">
      <Icon name="search" />
      <input
        type="search"
        className="input"
        aria-label="Search workflows"
        placeholder="Search by name, category, description"
        value={text}
        onChange={(event) => type(event.target.value)}
      />
    </div>
  );
}
