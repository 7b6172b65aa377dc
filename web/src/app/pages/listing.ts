import { client } from '../account';
import type { WorkflowHead } from '../../client';

export const PAGE = 20;
/** So many at once are the most that the server gives. */
const MOST = 1000;
/** Among so many of the newest a search looks. */
const SEARCHED = 5000;

export interface Filter {
  search: string;
  category: string;
  workspace: string;
  page: number;
}

export interface Listing {
  workflows: readonly WorkflowHead[];
  total: number;
  /** Whether there are more than a search has looked at. */
  cut: boolean;
}

/** A page of the workflows that fit. The server filters and pages, but for the words of a search. */
export async function listed({ search, category, workspace, page }: Filter): Promise<Listing> {
  const query = { ...(category && { category }), ...(workspace && { workspace }) };
  const offset = page * PAGE;
  if (!search)
    return { ...(await client.workflows.list({ ...query, limit: PAGE, offset })), cut: false };
  const { all, total } = await everything(query);
  const found = all.filter((each) => fitting(each, search));
  return {
    workflows: found.slice(offset, offset + PAGE),
    total: found.length,
    cut: total > all.length,
  };
}

async function everything(query: { category?: string; workspace?: string }) {
  const all: WorkflowHead[] = [];
  let total = 1;
  while (all.length < Math.min(total, SEARCHED)) {
    const answer = await client.workflows.list({ ...query, limit: MOST, offset: all.length });
    total = answer.total;
    all.push(...answer.workflows);
    if (answer.workflows.length === 0) break;
  }
  return { all, total };
}

/** Whether every word of the search is in one of its texts. */
export function fitting(
  workflow: Pick<WorkflowHead, 'name' | 'category' | 'description'>,
  search: string,
): boolean {
  const text = [workflow.name, workflow.category, workflow.description]
    .join('\n')
    .toLocaleLowerCase();
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
