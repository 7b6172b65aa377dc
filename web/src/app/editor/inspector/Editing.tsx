import { useStore } from '../../store';
import { hued } from '../../ui/people';
import { useOpen } from '../context';

/** Who else has this field open, beside its label. */
export function Editing({ field }: { field: string }) {
  const { peers } = useOpen();
  const names = useStore(peers.others, ({ all }) =>
    all
      .filter((each) => each.field === field)
      .map((each) => each.name)
      .join(', '),
  );
  const hue = useStore(
    peers.others,
    ({ all }) => all.find((each) => each.field === field)?.hue ?? 0,
  );
  if (!names) return null;
  return (
    <span className="chip hued editing" style={hued(hue)}>
      {names} edits this
    </span>
  );
}
