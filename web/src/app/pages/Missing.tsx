import { href } from '../router';
import { Empty } from '../ui/Empty';

/** An address that leads nowhere. */
export function Missing() {
  return (
    <Empty icon="help" title="There is nothing here">
      <p>The address may be mistyped, or what it named is gone.</p>
      <a className="button primary" href={href([])}>
        Go to your workflows
      </a>
    </Empty>
  );
}
