import { Button } from '../ui/Button';

interface PagerProps {
  page: number;
  size: number;
  total: number;
  onChange: (page: number) => void;
}

/** Which part of a list is shown, and the way to the others. */
export function Pager({ page, size, total, onChange }: PagerProps) {
  if (total <= size && page === 0) return null;
  const first = page * size + 1;
  const last = Math.min(total, first + size - 1);
  return (
    <nav className="pager" aria-label="Pages of the list">
      <Button disabled={page === 0} onClick={() => onChange(page - 1)}>
        Previous
      </Button>
      <span className="muted">
        {first}–{last} of {total}
      </span>
      <Button disabled={last >= total} onClick={() => onChange(page + 1)}>
        Next
      </Button>
    </nav>
  );
}
