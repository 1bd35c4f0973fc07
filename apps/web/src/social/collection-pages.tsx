import type { FC } from 'hono/jsx'
import type { CollectionView } from '../appview.ts'
import { Layout } from '../design/layout.tsx'
import { MarkdownNote } from '../design/markdown-note.tsx'
import { Problem } from '../design/parts.tsx'
import type { CollectionItem } from '../pages/collection.tsx'
import { plural } from '../text.ts'
import { type DatasetContext, DatasetFrame } from './dataset-page.tsx'
import type { Texts } from './parts.ts'
import { collectionPath } from './places.ts'

const KINDS: readonly (readonly [value: string, text: string])[] = [
  ['', 'not said'],
  ['topic', 'a topic'],
  ['course', 'a course'],
  ['project', 'a project'],
  ['recommended', 'recommendations'],
  ['reading-list', 'a reading list'],
]

/** Which of one's collections hold a dataset. */
export const CollectPage: FC<{
  dataset: DatasetContext
  collections: readonly { readonly collection: CollectionView; readonly isHolding: boolean }[]
  texts: Texts
  problem?: string
}> = ({ dataset, collections, texts, problem }) => (
  <DatasetFrame dataset={dataset} current="data" title="Your collections">
    <Problem problem={problem} />
    {collections.length > 0 && (
      <section class="card" aria-label="Your collections">
        <ul class="plain rows">
          {collections.map(({ collection, isHolding }) => (
            <li>
              <span>
                <a href={collectionPath(collection.uri)}>{collection.record.title}</a>{' '}
                <span class="soft small">{plural(collection.counts?.items ?? 0, 'dataset')}</span>
              </span>
              <form method="post">
                <button
                  class={isHolding ? 'quiet' : ''}
                  type="submit"
                  name={isHolding ? 'remove' : 'add'}
                  value={collection.uri}
                >
                  {isHolding ? 'Take it out' : 'Put it in'}
                  <span class="visually-hidden">: {collection.record.title}</span>
                </button>
              </form>
            </li>
          ))}
        </ul>
      </section>
    )}
    <form class="card stack" method="post">
      <h2>A new collection with it</h2>
      <CollectionFields texts={texts} />
      <div>
        <button type="submit" name="new" value="yes">
          Begin it
        </button>
      </div>
    </form>
  </DatasetFrame>
)

export const NewCollectionPage: FC<{ texts: Texts; problem?: string }> = ({ texts, problem }) => (
  <Layout title="New collection – FROST" styles={['form.css', 'social.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>New collection</h1>
        <p class="soft">
          A list of datasets, your own or others’, that anyone can read and follow. It is a record in your
          repository.
        </p>
      </header>
      <Problem problem={problem} />
      <form class="card stack" method="post">
        <CollectionFields texts={texts} />
        <div>
          <button type="submit">Begin it</button>
        </div>
      </form>
    </div>
  </Layout>
)

export const EditCollectionPage: FC<{
  collection: CollectionView
  items: readonly CollectionItem[]
  texts: Texts
  problem?: string
}> = ({ collection, items, texts, problem }) => (
  <Layout title={`Edit ${collection.record.title} – FROST`} styles={['form.css', 'social.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Edit the collection</h1>
        <p>
          <a href={collectionPath(collection.uri)}>{collection.record.title}</a>
        </p>
      </header>
      <Problem problem={problem} />
      <form class="card stack" method="post">
        <CollectionFields texts={texts} />
        <div>
          <button type="submit" name="action" value="save">
            Save
          </button>
        </div>
      </form>
      {items.length > 0 && (
        <section class="card" aria-label="What is in it">
          <h2>What is in it</h2>
          <ul class="plain rows">
            {items.map(({ uri, entry }) => (
              <li>
                <span>{entry?.record.title ?? 'a dataset that is not known here'}</span>
                <form method="post">
                  <input type="hidden" name="action" value="remove" />
                  <button class="quiet" type="submit" name="item" value={uri}>
                    Take it out<span class="visually-hidden">: {entry?.record.title}</span>
                  </button>
                </form>
              </li>
            ))}
          </ul>
        </section>
      )}
      <details class="card">
        <summary>Delete the collection</summary>
        <form method="post" class="actions">
          <span>The list is gone from your repository; the datasets stay.</span>
          <button class="danger" type="submit" name="action" value="delete">
            Delete it
          </button>
        </form>
      </details>
    </div>
  </Layout>
)

const CollectionFields: FC<{ texts: Texts }> = ({ texts }) => (
  <>
    <p class="field">
      <label for="title">Title</label>
      <input
        id="title"
        name="title"
        type="text"
        required
        maxlength={300}
        value={texts.title}
        autocomplete="off"
      />
    </p>
    <p class="field">
      <label for="description">What belongs in it</label>
      <textarea id="description" name="description" rows={3} maxlength={5000} aria-describedby="d-hint">
        {texts.description ?? ''}
      </textarea>
      <span class="hint" id="d-hint">
        <MarkdownNote of="description" />
      </span>
    </p>
    <p class="field">
      <label for="kind">It is</label>
      <select id="kind" name="kind">
        {KINDS.map(([value, text]) => (
          <option value={value} selected={value === (texts.kind ?? '')}>
            {text}
          </option>
        ))}
      </select>
    </p>
  </>
)
