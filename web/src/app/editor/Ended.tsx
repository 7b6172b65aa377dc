import { href } from '../router';
import { Button } from '../ui/Button';
import { Empty } from '../ui/Empty';

const TITLES: Readonly<Record<string, string>> = {
  deleted: 'This workflow was deleted',
  workflow_not_found: 'This workflow is not there',
  '4409': 'This workflow is open in another tab',
};

const GONE = new Set(['deleted', 'workflow_not_found']);

/** What stands in the place of a workflow that cannot be gone on with. */
export function Ended({ code, message }: { code: string; message: string }) {
  return (
    <main className="page">
      <Empty icon="alert" title={TITLES[code] ?? 'This workflow cannot be shown'}>
        <p>{message}</p>
        <div className="row">
          {!GONE.has(code) && <Button onClick={() => location.reload()}>Try again</Button>}
          <a className="button primary" href={href([])}>
            All workflows
          </a>
        </div>
      </Empty>
    </main>
  );
}
