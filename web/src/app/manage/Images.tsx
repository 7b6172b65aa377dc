import { useCallback, useState, type DragEvent } from 'react';
import type { Image } from '../../client';
import { client } from '../account';
import { chosenFile } from '../pages/files';
import { Pager } from '../pages/Pager';
import { ago } from '../time';
import { said, useLoaded } from '../useLoaded';
import { Button } from '../ui/Button';
import { FormDialog } from '../ui/Dialog';
import { Empty, Loading } from '../ui/Empty';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { tell } from '../ui/toasts';
import { RowMenu } from './RowMenu';

const PAGE = 24;

/** Pictures that nodes show. */
export function Images() {
  const [page, setPage] = useState(0);
  const [renamed, setRenamed] = useState<Image | null>(null);
  const [over, setOver] = useState(false);
  const loaded = useLoaded(
    useCallback(() => client.images.list({ limit: PAGE, offset: page * PAGE }), [page]),
  );
  const upload = async (files: readonly File[]) => {
    for (const file of files) {
      try {
        await client.images.upload(file);
      } catch (error) {
        tell('danger', `${file.name} was not added`, said(error));
      }
    }
    loaded.reload();
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void upload([...event.dataTransfer.files]);
  };
  const { data } = loaded;
  return (
    <div
      className={over ? 'drop-target is-over' : 'drop-target'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="page-head">
        <div>
          <h1>Images</h1>
          <p className="muted">
            Pictures that nodes show: PNG, JPEG, WebP and GIF. Drop them here, or onto a canvas.
          </p>
        </div>
        <Button
          icon="upload"
          kind="primary"
          onClick={() => void chosenFile('image/*').then((file) => upload([file]))}
        >
          Upload image
        </Button>
      </div>
      {loaded.error && (
        <p className="notice danger" role="alert">
          <Icon name="alert" /> {loaded.error}
        </p>
      )}
      {!data && loaded.loading && <Loading what="images" />}
      {data?.total === 0 && (
        <Empty icon="image" title="No images yet">
          <p>
            Who knows the address of an image can see it; only members of its workspace can find,
            rename and delete it.
          </p>
        </Empty>
      )}
      {data && data.images.length > 0 && (
        <ul className="gallery" aria-label="Images">
          {data.images.map((each) => (
            <li key={each._key} className="card">
              <img src={client.images.url(each._key, 400)} alt={each.name} loading="lazy" />
              <div className="row pad">
                <div className="grow">
                  <p className="truncate" title={each.name}>
                    {each.name}
                  </p>
                  <p className="muted small">
                    {each.width} × {each.height} · {ago(each.createdAt)}
                  </p>
                </div>
                <RowMenu
                  name={each.name}
                  noun="image"
                  loss="Nodes that show it show nothing then."
                  onEdit={() => setRenamed(each)}
                  onRemove={async () => {
                    await client.images.remove(each._key);
                    loaded.reload();
                  }}
                />
              </div>
            </li>
          ))}
        </ul>
      )}
      {data && <Pager page={page} size={PAGE} total={data.total} onChange={setPage} />}
      {renamed && (
        <Rename image={renamed} onClose={() => setRenamed(null)} onSaved={loaded.reload} />
      )}
    </div>
  );
}

function Rename({
  image,
  onClose,
  onSaved,
}: {
  image: Image;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [name, setName] = useState(image.name);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    try {
      await client.images.rename(image._key, name);
      onSaved();
      onClose();
    } catch (problem) {
      setError(said(problem));
    }
  };
  return (
    <FormDialog
      title="Rename image"
      submit="Rename"
      error={error}
      onClose={onClose}
      onSubmit={() => void save()}
    >
      <Field label="Name">
        {(ids) => (
          <input
            {...ids}
            className="input"
            required
            autoFocus
            maxLength={255}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
