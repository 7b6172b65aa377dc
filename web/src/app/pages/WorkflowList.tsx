import { useCallback, useEffect, useState } from 'react';
import { client } from '../account';
import { go, href, usePlace } from '../router';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { Empty, Loading } from '../ui/Empty';
import { Icon } from '../ui/Icon';
import { tell } from '../ui/toasts';
import { chosenFile, imported } from './files';
import { FilterBar } from './FilterBar';
import { listed, PAGE, type Filter } from './listing';
import { NewWorkflowDialog } from './NewWorkflowDialog';
import { Pager } from './Pager';
import { WorkflowRow } from './WorkflowRow';

/** All workflows that one may see: find one, make one, bring one along. */
export function WorkflowList() {
  const { query } = usePlace();
  const [search, category, workspace] = ['q', 'category', 'workspace'].map(
    (each) => query.get(each) ?? '',
  );
  const page = Math.max(0, Number(query.get('page') ?? 1) - 1 || 0);
  const filter: Filter = {
    search: search ?? '',
    category: category ?? '',
    workspace: workspace ?? '',
    page,
  };
  const [making, setMaking] = useState(false);
  const list = useLoaded(
    useCallback(
      () =>
        listed({
          search: search ?? '',
          category: category ?? '',
          workspace: workspace ?? '',
          page,
        }),
      [search, category, workspace, page],
    ),
  );
  const places = useLoaded(useCallback(() => client.workspaces.list(), []));
  useEffect(() => {
    document.title = 'Workflows – Nodius';
  }, []);
  const change = (next: Partial<Filter>) => {
    const all = { ...filter, page: 0, ...next };
    const at = all.page ? String(all.page + 1) : '';
    go(
      href([], { q: all.search, category: all.category, workspace: all.workspace, page: at }),
      true,
    );
  };
  const bring = async () => {
    try {
      const file = await chosenFile('.json,application/json');
      const fresh = imported(await file.text(), file.name);
      const key = await client.workflows.create(
        filter.workspace ? { ...fresh, workspace: filter.workspace } : fresh,
      );
      tell('good', `“${fresh.name}” is imported`);
      go(href(['workflow', key]));
    } catch (error) {
      tell('danger', 'The file was not imported', said(error));
    }
  };
  const filtered = Boolean(filter.search || filter.category || filter.workspace);
  const workspaces = places.data ?? [];
  const seen = (list.data?.workflows ?? []).flatMap((each) => each.category ?? []);
  return (
    <>
      <div className="page-head">
        <div>
          <h1>Workflows</h1>
          <p className="muted" role="status">
            {list.data ? counted(list.data.total, filtered) : 'Loading …'}
          </p>
        </div>
        <div className="row">
          <Button icon="upload" onClick={() => void bring()}>
            Import
          </Button>
          <Button icon="add" kind="primary" onClick={() => setMaking(true)}>
            New workflow
          </Button>
        </div>
      </div>
      <FilterBar filter={filter} workspaces={workspaces} seen={seen} onChange={change} />
      {list.error && (
        <p className="notice danger" role="alert">
          <Icon name="alert" /> {list.error}
        </p>
      )}
      {!list.data && list.loading && <Loading what="workflows" />}
      {list.data?.cut && (
        <p className="notice">The search looked at the newest 5,000 workflows only.</p>
      )}
      {list.data && list.data.workflows.length === 0 && (
        <Nothing
          filtered={filtered}
          onNew={() => setMaking(true)}
          onClear={() => go(href([]), true)}
        />
      )}
      {list.data && list.data.workflows.length > 0 && (
        <>
          <ul className="card rows" aria-label="Workflows" aria-busy={list.loading}>
            {list.data.workflows.map((each) => (
              <WorkflowRow
                key={each._key}
                workflow={each}
                workspaces={workspaces}
                onChanged={list.reload}
              />
            ))}
          </ul>
          <Pager
            page={page}
            size={PAGE}
            total={list.data.total}
            onChange={(next) => change({ page: next })}
          />
        </>
      )}
      {making && (
        <NewWorkflowDialog
          workspaces={workspaces}
          workspace={filter.workspace}
          onClose={() => setMaking(false)}
        />
      )}
    </>
  );
}

function counted(total: number, filtered: boolean): string {
  const what = total === 1 ? 'workflow' : 'workflows';
  return filtered ? `${total} ${what} found` : `${total} ${what}`;
}

function Nothing({
  filtered,
  onNew,
  onClear,
}: {
  filtered: boolean;
  onNew: () => void;
  onClear: () => void;
}) {
  if (filtered) {
    return (
      <Empty icon="search" title="Nothing fits">
        <p>No workflow has these words, this category and this workspace.</p>
        <Button onClick={onClear}>Show all workflows</Button>
      </Empty>
    );
  }
  return (
    <Empty icon="nodes" title="No workflows yet">
      <p>
        A workflow is a drawing of steps and what goes from one to the next. Everybody in its
        workspace can edit it with you.
      </p>
      <Button icon="add" kind="primary" onClick={onNew}>
        Make the first one
      </Button>
    </Empty>
  );
}
