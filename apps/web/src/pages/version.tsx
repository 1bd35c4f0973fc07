import type { Citable } from '@frost/catalogs/citation/index'
import { rkeyOf } from '@frost/lexicon'
import type { Child, FC } from 'hono/jsx'
import type { EntryView, VersionView } from '../appview.ts'
import { CiteBox } from '../cite/cite-box.tsx'
import { entryPath } from '../dataset-facts.ts'
import { ArchivedNote } from '../design/archived.tsx'
import { Identifiers } from '../design/identifiers.tsx'
import { Layout } from '../design/layout.tsx'
import { Lineage } from '../design/lineage.tsx'
import { type Model, Models } from '../design/models.tsx'
import { Notices } from '../design/notices.tsx'
import { Person } from '../design/parts.tsx'
import { Pins } from '../design/pins.tsx'
import { PreviewSection } from '../design/preview/section.tsx'
import { Where } from '../design/where.tsx'
import { isCovered } from '../labels/cover.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { previewableVersion } from '../preview-routes.tsx'
import { formatDay, formatSize } from '../text.ts'

export interface VersionProps {
  readonly publicUrl: string
  readonly path: string
  readonly entry: EntryView
  readonly version: VersionView
  readonly citable: Citable
  /** Where they differ from the entry's. */
  readonly models: readonly Model[]
  /** State of the preview, as the address has it. */
  readonly previewQuery: string
  /** What is said about it. */
  readonly children?: Child
}

/** From the version before, where one is named, else up to now. */
function changesQuery({ uri, record }: VersionView): string {
  const { previous } = record
  return String(
    new URLSearchParams(
      previous ? { from: rkeyOf(previous.uri), to: rkeyOf(uri) } : { from: rkeyOf(uri), to: 'now' },
    ),
  )
}

/** One pinned state of a dataset: what fixes it, what changed, what differs from the entry. */
export const VersionPage: FC<VersionProps> = ({
  publicUrl,
  path,
  entry,
  version,
  citable,
  models,
  previewQuery,
  children,
}) => {
  const { record } = version
  // A version repeats only what differs; the rest is the entry's.
  const described = { ...entry.record, ...(record as object) } as EntryView['record']
  // What is said of the dataset holds for its versions.
  const labels = [...(entry.labels ?? []), ...(version.labels ?? [])]
  const title = `${record.title ?? entry.record.title}, version ${record.version}`
  return (
    <Layout
      title={`${title} – FROST`}
      canonical={publicUrl + path}
      isCovered={isCovered({ labels, author: version.author })}
      styles={['preview.css', 'form.css', 'social.css']}
      scripts={['copy.js']}
    >
      <header class="dataset-head">
        <h1>{title}</h1>
        <div class="meta">
          <Person did={version.author.did} handle={version.author.handle} name={version.author.displayName} />
          <span>released {formatDay(record.releasedAt)}</span>
          <a href={entryPath(entry.author, entry.uri)}>the dataset</a>
          <a href={`${entryPath(entry.author, entry.uri)}/diff?${changesQuery(version)}`}>what changed</a>
          <a href="#discussion">discussion</a>
          {version.edited && <span>edited since it was first seen</span>}
        </div>
        <ArchivedNote author={version.author} />
        <Notices notices={version.notices} what="version" />
        <Notices notices={entry.notices} />
        <LabelBadges labels={labels} />
      </header>
      <Labelled labels={labels} what="version" author={version.author.did}>
        <div class="with-aside right">
          <div class="stack">
            {record.changes?.summary && (
              <section class="card">
                <h2>What changed</h2>
                <p>{record.changes.summary}</p>
              </section>
            )}
            <Pins pins={record.pins ?? []} />
            <PreviewSection
              path={path}
              query={previewQuery}
              previewable={previewableVersion(entry, version)}
            />
            <Models models={models} />
            {(record.distributions ?? []).length > 0 && <Where record={described} />}
            {(record.derivedFrom ?? []).length > 0 && (
              <Lineage record={described} known={new Map()} derived={0} />
            )}
            <section class="stack" id="discussion">
              <h2>Discussion</h2>
              {children}
            </section>
          </div>
          <aside class="stack">
            <CiteBox citable={citable} what="version" />
            <section class="card">
              <h2>Facts</h2>
              <dl class="facts">
                {record.contentSize && (
                  <>
                    <dt>Size</dt>
                    <dd>{formatSize(record.contentSize)}</dd>
                  </>
                )}
                <Identifiers identifiers={record.identifiers} />
                <dt>URI</dt>
                <dd>
                  <code>{version.uri}</code>
                </dd>
                <dt>CID</dt>
                <dd>
                  <code>{version.cid}</code>
                </dd>
                <dt>Described by</dt>
                <dd>
                  <code>{record.entry.cid}</code>{' '}
                  {record.entry.cid === entry.cid
                    ? '(the entry is unchanged)'
                    : '(the entry has changed since)'}
                </dd>
              </dl>
            </section>
          </aside>
        </div>
      </Labelled>
    </Layout>
  )
}
