import {
  addToCollection,
  createCollection,
  deleteCollection,
  editCollection,
  removeFromCollection,
} from '@frost/client/collections'
import { UsageError } from '@frost/client/errors'
import { takeBack } from '@frost/client/rewrite'
import { definition, nsid } from '@frost/lexicon'
import type { Hono } from 'hono'
import { nameOf } from '../account-name.ts'
import { loadCollection } from '../load.ts'
import { MessagePage } from '../pages/message.tsx'
import { problemOf } from '../publish/writer.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { CollectPage, EditCollectionPage, NewCollectionPage } from './collection-pages.tsx'
import { datasetOf } from './dataset-page.tsx'
import { awaitRead, type C, type SocialParts, signInAddress, type Texts, textsOf, writerOf } from './parts.ts'
import { collectionPath } from './places.ts'
import { collectionsOf } from './standing.ts'

/** Lists of datasets that somebody keeps. */
export function collectionRoutes(app: Hono<SiteEnv>, parts: SocialParts): void {
  const collect = async (c: C, more: { texts: Texts; problem?: string } = { texts: {} }) => {
    const dataset = await datasetOf(c, parts)
    const collections = await collectionsOf(parts.appview, c.get('viewer')!.did, dataset.entry.uri)
    return c.html(
      <CollectPage dataset={dataset} collections={collections} {...more} />,
      more.problem ? 400 : 200,
    )
  }
  app.get('/d/:actor/:rkey/collect', async c => signedIn(c) ?? collect(c))
  app.post('/d/:actor/:rkey/collect', async c => {
    const away = signedIn(c)
    if (away) return away
    const texts = await textsOf(c)
    const { entry } = await datasetOf(c, parts)
    try {
      const writer = await writerOf(c, parts)
      const { repository } = writer
      const subject = { $type: definition('recordRef'), uri: entry.uri }
      if (texts.add) await addToCollection(repository, texts.add, subject)
      else if (texts.remove) await removeFromCollection(repository, texts.remove, entry.uri)
      else {
        const { uri } = await createCollection(repository, fieldsFrom(texts))
        await addToCollection(repository, uri, subject)
      }
      await awaitRead(parts, writer)
      return c.redirect(new URL(c.req.url).pathname, 303)
    } catch (error) {
      return collect(c, { texts, problem: problemOf(error) })
    }
  })

  app.get('/c/new', c => signedIn(c) ?? c.html(<NewCollectionPage texts={{}} />))
  app.post('/c/new', async c => {
    const away = signedIn(c)
    if (away) return away
    const texts = await textsOf(c)
    try {
      const writer = await writerOf(c, parts)
      const { uri } = await createCollection(writer.repository, fieldsFrom(texts))
      await awaitRead(parts, writer)
      return c.redirect(collectionPath(uri), 303)
    } catch (error) {
      return c.html(<NewCollectionPage texts={texts} problem={problemOf(error)} />, 400)
    }
  })

  const edit = async (c: C, more: { texts?: Texts; problem?: string } = {}) => {
    const { collection, items } = await loadCollection(parts.appview, uriOf(c))
    if (collection.author.did !== c.get('viewer')?.did)
      return c.html(<MessagePage title="Not yours" message="Only its curator changes a collection." />, 403)
    const { title, description = '', kind = '' } = collection.record
    return c.html(
      <EditCollectionPage
        collection={collection}
        items={items}
        texts={more.texts?.title === undefined ? { title, description, kind } : more.texts}
        problem={more.problem}
      />,
      more.problem ? 400 : 200,
    )
  }
  app.get('/c/:actor/:rkey/edit', async c => signedIn(c) ?? edit(c))
  app.post('/c/:actor/:rkey/edit', async c => {
    const away = signedIn(c)
    if (away) return away
    const texts = await textsOf(c)
    try {
      const writer = await writerOf(c, parts)
      const { repository, acting } = writer
      const { collection } = await loadCollection(parts.appview, uriOf(c))
      const { uri } = collection
      if (texts.action === 'delete') await deleteCollection(repository, uri)
      else if (texts.action === 'remove') await takeBack(repository, itemFrom(texts))
      else await editCollection(repository, uri, fieldsFrom(texts))
      await awaitRead(parts, writer)
      const to =
        texts.action === 'delete'
          ? `/p/${nameOf(acting)}/collections`
          : texts.action === 'remove'
            ? new URL(c.req.url).pathname
            : collectionPath(uri)
      return c.redirect(to, 303)
    } catch (error) {
      return edit(c, { texts, problem: problemOf(error) })
    }
  })
}

function signedIn(c: C) {
  return c.get('viewer') ? undefined : c.redirect(signInAddress(new URL(c.req.url).pathname), 303)
}

function uriOf(c: C): string {
  const { actor, rkey } = c.req.param() as { actor: string; rkey: string }
  return `at://${actor}/${nsid('dataset.collection')}/${rkey}`
}

function itemFrom({ item = '' }: Texts): string {
  if (item.split('/')[3] === nsid('dataset.collectionItem')) return item
  throw new UsageError('Nothing was named that could be taken out.')
}

function fieldsFrom({ title = '', description, kind }: Texts) {
  if (title === '') throw new UsageError('Give it a title.')
  return { title, ...(description && { description }), ...(kind && { kind }) }
}
