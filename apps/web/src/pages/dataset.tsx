import { schemaOrg } from '@frost/catalogs/export/index'
import { rkeyOf } from '@frost/lexicon'
import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import { accessBadges } from '../access.ts'
import type { EntryView, MirrorView, OfferView, VersionView } from '../appview.ts'
import { citationOf } from '../cite/citation.ts'
import { CiteBox } from '../cite/cite-box.tsx'
import { entryPath, formatsOf, licencesOf } from '../dataset-facts.ts'
import { AccessNote } from '../design/access-note.tsx'
import { ArchivedNote } from '../design/archived.tsx'
import { Coverage } from '../design/coverage.tsx'
import { Facts } from '../design/facts.tsx'
import { Heads, type HeadWithMoves } from '../design/heads.tsx'
import { Layout } from '../design/layout.tsx'
import { Lineage } from '../design/lineage.tsx'
import { Mirrors } from '../design/mirrors.tsx'
import { type Model, Models } from '../design/models.tsx'
import { NoticeBadges, Notices } from '../design/notices.tsx'
import { Offers } from '../design/offers.tsx'
import { OpenIt } from '../design/open-it.tsx'
import { OwnerBar } from '../design/owner-bar.tsx'
import { Badges, Person } from '../design/parts.tsx'
import { People, Publisher } from '../design/people.tsx'
import { PreviewSection } from '../design/preview/section.tsx'
import { RecordCard } from '../design/record-card.tsx'
import { Where } from '../design/where.tsx'
import { EmbedBox } from '../embed/widget.tsx'
import { exportSource } from '../exports.ts'
import { feedOf } from '../feed-address.ts'
import { isCovered } from '../labels/cover.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { excerpt, renderMarkdown } from '../markdown.ts'
import { previewable } from '../preview/readable-copy.ts'
import { searchAddress } from '../search-state.ts'
import { NamedHere } from '../social/acknowledge-form.tsx'
import { DatasetTabs } from '../social/dataset-tabs.tsx'
import { SocialBar } from '../social/social-bar.tsx'
import type { Standing } from '../social/standing.ts'
import { formatDay, plural, truncate } from '../text.ts'
import { PagePicture } from '../thumbnail/thumbnail.tsx'
import { thumbnailPath } from '../thumbnail/thumbnails.ts'

export interface DatasetProps {
  readonly publicUrl: string
  readonly entry: EntryView
  /** Its models, also those that stand in records of their own; those of the record where absent. */
  readonly models?: readonly Model[]
  readonly versions: readonly VersionView[]
  /** What the record refers to and the AppView knows, by at-uri. */
  readonly known: ReadonlyMap<string, EntryView>
  /** State of the preview, as the address has it. */
  readonly previewQuery: string
  /** Copies that anyone has announced. */
  readonly mirrors: readonly MirrorView[]
  /** Where living data stands now. */
  readonly heads?: readonly HeadWithMoves[]
  /** Paid ways to the data, as their sellers say. */
  readonly offers?: readonly OfferView[]
  /** What its owner has just done. */
  readonly done?: string
  /** Why the page shows a record that the AppView does not know. */
  readonly draft?: Child
  /** What whoever looks has said of it. */
  readonly standing?: Standing
}

export const DatasetPage: FC<DatasetProps> = props => {
  const {
    publicUrl,
    entry,
    versions,
    known,
    previewQuery,
    mirrors,
    heads = [],
    offers = [],
    done,
    draft,
    standing,
  } = props
  const { record, author } = entry
  const models = props.models ?? record.models ?? []
  const whole = { ...entry, record: { ...record, models: [...models] } }
  const description = record.description ?? ''
  const path = entryPath(author, entry.uri)
  const picture = draft ? undefined : thumbnailPath(entry)
  const feed = draft ? undefined : feedOf({ dataset: entry.uri }, `News of ${record.title}`)
  return (
    <Layout
      title={`${record.title} – FROST`}
      description={truncate(excerpt(description), 300)}
      canonical={draft ? undefined : publicUrl + path}
      jsonLd={draft ? undefined : schemaOrg(exportSource(whole, publicUrl))}
      feed={feed}
      isCovered={isCovered(entry)}
      image={picture && publicUrl + picture}
      styles={['preview.css', 'lineage.css', 'social.css']}
      scripts={['lineage.js', 'copy.js']}
    >
      {draft && (
        <p class="banner" role="status">
          {draft}
        </p>
      )}
      {!draft && <OwnerBar author={author} path={path} done={done} />}
      <header class="dataset-head">
        <Badges items={headBadges(entry)} />
        <h1>{record.title}</h1>
        <div class="meta">
          <Person did={author.did} handle={author.handle} name={author.displayName} />
          <Publisher entry={entry} />
          <span>published {formatDay(record.createdAt)}</span>
          {entry.latestVersion && (
            <a href="#versions">
              version {entry.latestVersion.version}, {formatDay(entry.latestVersion.releasedAt)}
            </a>
          )}
          <Counts entry={entry} />
        </div>
        <ArchivedNote author={author} />
        <Notices notices={entry.notices} />
        <AccessNote access={record.access} />
        <LabelBadges labels={entry.labels} />
        {!draft && <NamedHere entry={entry} />}
        {!draft && <SocialBar entry={entry} standing={standing} />}
        {!draft && <DatasetTabs entry={entry} current="data" />}
      </header>
      <Labelled labels={entry.labels} what="dataset" author={author.did}>
        <div class="with-aside right">
          <div class="stack">
            {description && (
              <section class="card prose" aria-label="Description">
                <h2 class="visually-hidden">Description</h2>
                {raw(renderMarkdown(description, 2))}
              </section>
            )}
            {!draft && <PreviewSection path={path} query={previewQuery} previewable={previewable(record)} />}
            <Models models={models} />
            <Where record={record} found={entry} path={draft ? undefined : path} />
            <Mirrors mirrors={mirrors} best={entry.bestCopy?.mirror} />
            <Offers offers={offers} />
            <OpenIt record={whole.record} found={entry} mirrors={mirrors} />
            <Lineage
              record={record}
              known={known}
              derived={entry.counts?.derived ?? 0}
              path={draft ? undefined : path}
            />
            <Heads heads={heads} />
            <Versions versions={versions} path={path} />
          </div>
          <aside class="stack" aria-label="Facts">
            <PagePicture entry={entry} />
            <Coverage record={record} />
            <CiteBox citable={citationOf(entry, publicUrl)} what="dataset" />
            <Facts record={record} />
            <People record={record} entry={entry} />
            {!draft && <EmbedBox entry={entry} publicUrl={publicUrl} />}
            {!draft && <RecordCard entry={entry} path={path} feed={feed} />}
          </aside>
        </div>
      </Labelled>
    </Layout>
  )
}

function headBadges({ record }: EntryView) {
  return [
    ...formatsOf(record).map(text => ({
      text,
      kind: 'strong' as const,
      href: searchAddress({ format: [text] }),
    })),
    ...licencesOf(record).map(text => ({
      text: truncate(text, 60),
      href: searchAddress({ license: [text] }),
    })),
    ...accessBadges(record.access, '#access'),
  ]
}

const Counts: FC<{ entry: EntryView }> = ({ entry: { author, uri, counts } }) => (
  <>
    {(counts?.derived ?? 0) > 0 && (
      <a href="#lineage">{plural(counts?.derived ?? 0, 'dataset')} built on it</a>
    )}
    {(counts?.citations ?? 0) > 0 && (
      <a href={`${entryPath(author, uri)}/citations`}>{plural(counts?.citations ?? 0, 'citation')}</a>
    )}
    {(counts?.offers ?? 0) > 0 && <a href="#offers">{plural(counts?.offers ?? 0, 'offer')}</a>}
    {(counts?.followers ?? 0) > 0 && <span>{plural(counts?.followers ?? 0, 'follower')}</span>}
    {(counts?.endorsements ?? 0) > 0 && <span>{plural(counts?.endorsements ?? 0, 'endorsement')}</span>}
  </>
)

const Versions: FC<{ versions: readonly VersionView[]; path: string }> = ({ versions, path }) =>
  versions.length === 0 ? null : (
    <section class="card" id="versions">
      <h2>Versions</h2>
      <ol class="plain steps">
        {versions.map(({ uri, record, notices }) => (
          <li>
            <b>
              <a href={`${path}/v/${rkeyOf(uri)}`}>{record.version}</a>
            </b>{' '}
            <span class="soft">{formatDay(record.releasedAt)}</span>
            <NoticeBadges notices={notices} leadOn />
            {record.changes?.summary && <p class="small">{record.changes.summary}</p>}
            {(record.pins ?? []).map(({ pin }) =>
              pin ? (
                <p class="small soft">
                  {pin.scheme}: <code>{pin.value}</code>
                </p>
              ) : null,
            )}
          </li>
        ))}
      </ol>
      <p class="small">
        <a href={`${path}/diff`}>{versions.length > 1 ? 'Compare versions' : 'What changed since'}</a>
      </p>
    </section>
  )
