import { UsageError } from '@frost/client/errors'
import { findOwnEntry, findRecord, type LookupOptions } from '@frost/client/lookup'
import { announceMirror } from '@frost/client/mirror'
import { referenceFrom } from '@frost/client/normalise'
import { noticeSubject, resolveNotice, writeNotice } from '@frost/client/notice'
import { unpublishEntry } from '@frost/client/publish'
import { releaseVersion, type TipReader } from '@frost/client/release'
import { sourceReference, splitTag } from '@frost/client/source-reference'
import { distributionsOf, SNAPSHOT_SCHEMES, tipIn } from '@frost/client/store'
import { frost, nsid } from '@frost/lexicon'
import type { Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import type { EntryView } from '../appview.ts'
import type { Asker, Gateway } from '../gateway.ts'
import { loadEntry } from '../load.ts'
import type { SiteEnv } from '../session/viewer.ts'
import { visitorAddress } from '../visitor-address.ts'
import {
  MirrorPage,
  NoticePage,
  type OpenNotice,
  ReleasePage,
  type Subject,
  type Texts,
  UnpublishPage,
} from './owner-pages.tsx'
import { isSelf, notYours, type PublishParts } from './routes.tsx'
import { problemOf, type Writer } from './writer.ts'

type C = Context<SiteEnv>

/** Somebody who does something with a dataset. */
interface Doing extends PublishParts {
  readonly c: C
  readonly writer: Writer
  readonly entry: EntryView
  readonly subject: Subject
  readonly isOwner: boolean
  readonly texts: Texts
}

interface Action {
  readonly ownerOnly: boolean
  readonly page: (doing: Doing, problem?: string) => Promise<Child>
  /** @returns the revision that holds what was written, and where to go on */
  readonly act: (doing: Doing) => Promise<{ rev?: string; to: string }>
}

/** What people do with a dataset that is there: each a page that asks and a turn that writes. */
export function ownerRoutes(app: Hono<SiteEnv>, parts: PublishParts): void {
  for (const [name, action] of Object.entries({ release, mirror, notice, unpublish })) {
    const path = `/d/:actor/:rkey/${name}`
    app.get(path, c =>
      withDoing(c, parts, action, async doing => c.html((await action.page(doing)) as string)),
    )
    app.post(path, c =>
      withDoing(c, parts, action, async doing => {
        try {
          const { rev, to } = await action.act(doing)
          await parts.writers.isRead(doing.writer, rev)
          return c.redirect(to, 303)
        } catch (error) {
          const problem = problemOf(error)
          return c.html((await action.page(doing, problem)) as string, 400)
        }
      }),
    )
  }
}

async function withDoing(
  c: C,
  parts: PublishParts,
  action: Action,
  then: (doing: Doing) => Promise<Response>,
) {
  const viewer = c.get('viewer')
  if (!viewer) return c.redirect(`/sign-in?return_to=${encodeURIComponent(c.req.path)}`, 302)
  c.header('Cache-Control', 'no-store')
  const { actor, rkey } = c.req.param() as { actor: string; rkey: string }
  const isOwner = isSelf(viewer, actor)
  if (action.ownerOnly && !isOwner) return notYours(c, actor)
  const uri = `at://${isOwner ? viewer.did : actor}/${nsid('dataset.entry')}/${rkey}`
  const writer = await parts.writers.of(c)
  const entry = await loadEntry(parts.appview, uri)
  const name = nameOf(isOwner ? viewer : entry.author)
  const subject = { title: entry.record.title, path: `/d/${name}/${encodeURIComponent(rkey)}` }
  return then({
    ...parts,
    c,
    writer,
    entry,
    subject,
    isOwner,
    texts: c.req.method === 'POST' ? await textsOf(c) : { corrects: c.req.query('corrects') ?? '' },
  })
}

const release: Action = {
  ownerOnly: true,
  async page({ subject, texts, entry, ...doing }, problem) {
    const hasBranches = distributionsOf(entry.record as never).some(({ format }) =>
      SNAPSHOT_SCHEMES.has(String(format)),
    )
    const versions = await tagsOf(doing, entry)
    return (
      <ReleasePage
        subject={subject}
        texts={texts}
        problem={problem}
        versions={versions}
        hasBranches={hasBranches}
      />
    )
  },
  async act({ c, writer: { repository, lookup }, entry, subject, texts, gateway }) {
    const { tag = '', branch, summary, kind, doi } = texts
    const found = await findOwnEntry(entry.uri, lookup)
    const sources = linesOf(texts.derivedFrom)
    const corrects = await Promise.all(linesOf(texts.corrects).map(ref => settled(ref, lookup)))
    const { rev } = await releaseVersion(
      repository,
      found,
      {
        version: tag,
        ...(branch && { fromBranch: branch }),
        pins: linesOf(texts.pins),
        ...(summary && { summary }),
        ...(kind && { kind }),
        ...(doi && { doi }),
        ...(corrects.length > 0 && { corrects }),
        ...(sources.length > 0 && {
          derivedFrom: await Promise.all(sources.map(source => sourceReference(source, lookup))),
        }),
      },
      lookup.settings,
      tipReader(gateway, { signal: c.req.raw.signal, address: visitorAddress(c) }),
    )
    return { rev, to: `${subject.path}?done=released#versions` }
  },
}

/** A correction or an issue, as a version that settles it names it. */
async function settled(ref: string, lookup: LookupOptions): Promise<{ uri: string; cid: string }> {
  const { uri, cid, collection } = await findRecord(ref, lookup)
  if (collection === nsid('discussion.correction') || collection === nsid('discussion.issue'))
    return { uri, cid }
  throw new UsageError(`'${ref}' is a ${collection}: a version settles corrections and issues`)
}

/** The newest snapshot of a branch, as the gateway reads it. */
function tipReader(gateway: Gateway, asker: Asker): TipReader {
  return async (distribution, branch) => {
    const { uri, path, endpoint, region } = distribution
    const url = path ? `${uri.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}` : uri
    const pin = `branch:${branch}`
    const described = await gateway.describe(
      { url, pin, ...(endpoint && { endpoint }), ...(region && { region }) },
      asker,
    )
    return tipIn(described, distribution, branch)
  }
}

const mirror: Action = {
  ownerOnly: false,
  async page({ subject, texts }, problem) {
    return <MirrorPage subject={subject} texts={texts} problem={problem} />
  },
  async act({ writer: { repository, lookup }, entry, subject, texts }) {
    const { url = '', format, cloud, region, method } = texts
    const fields = {
      url,
      ...(format && { format }),
      ...(cloud && { cloud }),
      ...(region && { region }),
      ...(method && { method }),
    }
    const { rev } = await announceMirror(repository, { uri: entry.uri }, fields, lookup.settings)
    return { rev, to: `${subject.path}?done=mirrored#mirrors` }
  },
}

const notice: Action = {
  ownerOnly: false,
  async page({ subject, texts, entry, isOwner, ...doing }, problem) {
    const [versions, open] = await Promise.all([tagsOf(doing, entry), openNotices(doing, entry)])
    return (
      <NoticePage
        subject={subject}
        texts={texts}
        problem={problem}
        versions={versions}
        open={open}
        isOwner={isOwner}
      />
    )
  },
  async act({ writer: { repository, lookup }, entry, subject, texts }) {
    const { kind = '', text, version, replacedBy, effective, resolve } = texts
    if (resolve) {
      const resolved = await resolveNotice(repository, await noticeSubject(entry.uri, lookup), resolve)
      return { rev: resolved.at(-1)?.rev, to: `${subject.path}?done=resolved` }
    }
    const about = await noticeSubject(version ? `${entry.uri}@${version}` : entry.uri, lookup)
    const { rev } = await writeNotice(
      repository,
      about,
      {
        kind,
        ...(text && { text }),
        ...(effective && { effectiveAt: effective }),
        ...(replacedBy && {
          // A version stays what it is; a dataset is meant as whatever it becomes.
          replacedBy: await (splitTag(replacedBy).tag === undefined ? referenceFrom : sourceReference)(
            replacedBy,
            lookup,
          ),
        }),
      },
      lookup.settings,
    )
    return { rev, to: `${subject.path}?done=noticed` }
  },
}

const unpublish: Action = {
  ownerOnly: true,
  async page({ subject, texts, entry }, problem) {
    const { counts } = entry
    return (
      <UnpublishPage
        subject={subject}
        texts={texts}
        problem={problem}
        companions={counts?.versions ?? 0}
        derived={counts?.derived ?? 0}
      />
    )
  },
  async act({ c, writer: { acting, repository, lookup }, entry, texts }) {
    const found = await findOwnEntry(entry.uri, lookup)
    const { rev } = await unpublishEntry(repository, found, { onlyEntry: texts.companions === 'keep' })
    return { rev, to: `/p/${nameOf(c.get('viewer') ?? acting)}?done=unpublished` }
  },
}

async function tagsOf({ appview }: Pick<PublishParts, 'appview'>, { uri }: EntryView): Promise<string[]> {
  const { versions } = (await appview.query(frost.dataset.listVersions, {
    entry: uri,
    limit: 50,
  })) as unknown as {
    versions: { record: { version: string } }[]
  }
  return versions.map(({ record }) => record.version)
}

async function openNotices({ appview, writer }: Pick<Doing, 'appview' | 'writer'>, { uri }: EntryView) {
  const { notices } = (await appview.query(frost.dataset.listNotices, {
    subject: uri,
    limit: 100,
  })) as unknown as {
    notices: { author: { did: string }; record: OpenNotice & { resolvedAt?: string } }[]
  }
  return notices
    .filter(({ author, record }) => author.did === writer.acting.did && record.resolvedAt === undefined)
    .map(({ record }) => record)
}

async function textsOf(c: C): Promise<Texts> {
  const body = await c.req.parseBody()
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' && /^\w{1,40}$/.test(name)
        ? [[name, value.replaceAll('\r\n', '\n').trim()]]
        : [],
    ),
  )
}

const linesOf = (text = ''): string[] =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
