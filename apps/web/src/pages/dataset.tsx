import { schemaOrg } from '@frost/catalogs/export/index'
import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import { accessBadges } from '../access.ts'
import type { EntryView, MirrorView, OfferView, VersionView } from '../appview.ts'
import { boxesOf, entryPath, formatsOf, keywordsOf, licencesOf, timesOf } from '../dataset-facts.ts'
import { AccessNote } from '../design/access-note.tsx'
import { ArchivedNote } from '../design/archived.tsx'
import { CiteBox } from '../design/cite-box.tsx'
import { ExtentMap } from '../design/extent-map.tsx'
import { Layout } from '../design/layout.tsx'
import { LicenceNote } from '../design/licence.tsx'
import { Lineage } from '../design/lineage.tsx'
import { Mirrors } from '../design/mirrors.tsx'
import { Models } from '../design/models.tsx'
import { Offers } from '../design/offers.tsx'
import { OpenIt } from '../design/open-it.tsx'
import { OwnerBar } from '../design/owner-bar.tsx'
import { Address, Badges, Person } from '../design/parts.tsx'
import { People } from '../design/people.tsx'
import { PreviewSection } from '../design/preview/section.tsx'
import { RecordCard } from '../design/record-card.tsx'
import { Where } from '../design/where.tsx'
import { EmbedBox } from '../embed/widget.tsx'
import { exportSource } from '../exports.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { plainText, renderMarkdown } from '../markdown.ts'
import { previewable } from '../preview/readable-copy.ts'
import { searchAddress } from '../search-state.ts'
import { DatasetTabs } from '../social/dataset-tabs.tsx'
import { SocialBar } from '../social/social-bar.tsx'
import type { Standing } from '../social/standing.ts'
import { durationInWords, formatDay, frequencyInWords, plural, truncate } from '../text.ts'

export interface DatasetProps {
  readonly publicUrl: string
  readonly entry: EntryView
  readonly versions: readonly VersionView[]
  /** What the record refers to and the AppView knows, by at-uri. */
  readonly known: ReadonlyMap<string, EntryView>
  /** State of the preview, as the address has it. */
  readonly previewQuery: string
  /** Copies that anyone has announced. */
  readonly mirrors: readonly MirrorView[]
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
    offers = [],
    done,
    draft,
    standing,
  } = props
  const { record, author } = entry
  const description = record.description ?? ''
  const path = entryPath(author, entry.uri)
  return (
    <Layout
      title={`${record.title} – FROST`}
      description={truncate(plainText(description), 300)}
      canonical={draft ? undefined : publicUrl + path}
      jsonLd={draft ? undefined : schemaOrg(exportSource(entry, publicUrl))}
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
          {record.publisher && record.publisher.name !== author.displayName && (
            <span>{record.publisher.name}</span>
          )}
          <span>published {formatDay(record.createdAt)}</span>
          {entry.latestVersion && (
            <a href="#versions">
              version {entry.latestVersion.version}, {formatDay(entry.latestVersion.releasedAt)}
            </a>
          )}
          <Counts entry={entry} />
        </div>
        <ArchivedNote author={author} />
        <Notices entry={entry} />
        <AccessNote access={record.access} />
        <LabelBadges labels={entry.labels} />
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
            <Models models={record.models ?? []} />
            <Where record={record} found={entry} />
            <Mirrors mirrors={mirrors} best={entry.bestCopy?.mirror} />
            <Offers offers={offers} />
            <OpenIt record={record} found={entry} mirrors={mirrors} />
            <Lineage
              record={record}
              known={known}
              derived={entry.counts?.derived ?? 0}
              path={draft ? undefined : path}
            />
            <Versions versions={versions} path={path} />
          </div>
          <aside class="stack" aria-label="Facts">
            <Coverage entry={entry} />
            <CiteBox entry={entry} publicUrl={publicUrl} />
            <Facts entry={entry} />
            <People record={record} />
            {!draft && <EmbedBox entry={entry} publicUrl={publicUrl} />}
            {!draft && <RecordCard entry={entry} path={path} />}
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

const Notices: FC<{ entry: EntryView }> = ({ entry }) => (
  <>
    {(entry.notices ?? []).map(notice => (
      <p class="banner" role="note">
        <b>{notice.kind}</b> {notice.text}
      </p>
    ))}
  </>
)

const Coverage: FC<{ entry: EntryView }> = ({ entry: { record } }) => {
  const boxes = boxesOf(record)
  const times = timesOf(record)
  const places = (record.coverage?.spatial ?? []).flatMap(({ place }) => place?.term ?? [])
  if (boxes.length === 0 && times.length === 0 && places.length === 0 && !record.coverage?.extents?.length)
    return null
  return (
    <section class="card stack">
      <h2>Coverage</h2>
      {boxes.length > 0 && <ExtentMap boxes={boxes} label={`Map: ${boxes.map(describeBox).join('; ')}`} />}
      <dl class="facts">
        {boxes.length > 0 && (
          <>
            <dt>Space</dt>
            <dd>{boxes.slice(0, 4).map(describeBox).join('; ')}</dd>
          </>
        )}
        {places.length > 0 && (
          <>
            <dt>Places</dt>
            <dd>{places.slice(0, 12).join(', ')}</dd>
          </>
        )}
        {times.length > 0 && (
          <>
            <dt>Time</dt>
            <dd>{times.slice(0, 6).join('; ')}</dd>
          </>
        )}
        {record.coverage?.temporalResolution && (
          <>
            <dt>Time step</dt>
            <dd>{durationInWords(record.coverage.temporalResolution)}</dd>
          </>
        )}
        {(record.coverage?.resolution ?? []).map(({ value, units }) => (
          <>
            <dt>Resolution</dt>
            <dd>
              {value} {units}
            </dd>
          </>
        ))}
        {(record.coverage?.extents ?? []).map(({ name, min, max, units }) => (
          <>
            <dt>{name}</dt>
            <dd>
              {[min, max].filter(Boolean).join(' – ')} {units}
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function describeBox({
  west,
  south,
  east,
  north,
}: {
  west: number
  south: number
  east: number
  north: number
}): string {
  const longitude = (degrees: number) => `${Math.abs(degrees)}°${degrees < 0 ? 'W' : 'E'}`
  const latitude = (degrees: number) => `${Math.abs(degrees)}°${degrees < 0 ? 'S' : 'N'}`
  if (west === -180 && east === 180 && south === -90 && north === 90) return 'the whole globe'
  return `${longitude(west)} – ${longitude(east)}, ${latitude(south)} – ${latitude(north)}`
}

const Facts: FC<{ entry: EntryView }> = ({ entry: { record } }) => (
  <section class="card">
    <h2>Facts</h2>
    <dl class="facts">
      {record.landingPage && (
        <>
          <dt>Home</dt>
          <dd>
            <Address href={record.landingPage} />
          </dd>
        </>
      )}
      {(record.identifiers ?? []).map(({ scheme, value }) => (
        <>
          <dt>{scheme.toUpperCase()}</dt>
          <dd>
            {scheme.toLowerCase() === 'doi' ? <Address href={doiAddress(value)} text={value} /> : value}
          </dd>
        </>
      ))}
      {(record.rights ?? []).map(({ name, spdx, uri }) => (
        <>
          <dt>Licence</dt>
          <dd>
            {uri ? <Address href={uri} text={name ?? spdx} /> : (name ?? spdx)}
            <LicenceNote spdx={spdx} />
          </dd>
        </>
      ))}
      {record.access?.terms && (
        <>
          <dt>Terms</dt>
          <dd>{record.access.terms}</dd>
        </>
      )}
      {record.access?.termsUri && (
        <>
          <dt>Terms at</dt>
          <dd>
            <Address href={record.access.termsUri} />
          </dd>
        </>
      )}
      <Terms name="Conditions" terms={record.access?.conditions} />
      {record.access?.requestUri && (
        <>
          <dt>Ask for access</dt>
          <dd>
            <Address href={record.access.requestUri} />
          </dd>
        </>
      )}
      {record.frequency?.kind && (
        <>
          <dt>Updated</dt>
          <dd>{frequencyInWords(record.frequency)}</dd>
        </>
      )}
      <Terms name="Platforms" terms={record.platforms} />
      <Terms name="Instruments" terms={record.instruments} />
      {(record.funding ?? []).map(({ funderName, awardNumber }) => (
        <>
          <dt>Funding</dt>
          <dd>
            {funderName} {awardNumber}
          </dd>
        </>
      ))}
      {keywordsOf(record).length > 0 && (
        <>
          <dt>Subjects</dt>
          <dd>
            <Badges
              items={keywordsOf(record)
                .slice(0, 24)
                .map(text => ({ text, href: searchAddress({ keyword: [text.toLowerCase()] }) }))}
            />
          </dd>
        </>
      )}
    </dl>
  </section>
)

const Terms: FC<{ name: string; terms?: readonly { term: string }[] }> = ({ name, terms = [] }) =>
  terms.length === 0 ? null : (
    <>
      <dt>{name}</dt>
      <dd>
        {terms
          .slice(0, 12)
          .map(({ term }) => term)
          .join(', ')}
      </dd>
    </>
  )

const doiAddress = (doi: string) =>
  `https://doi.org/${doi.replace(/^(https?:\/\/(dx\.)?doi\.org\/|doi:)/i, '')}`

const Versions: FC<{ versions: readonly VersionView[]; path: string }> = ({ versions, path }) =>
  versions.length === 0 ? null : (
    <section class="card" id="versions">
      <h2>Versions</h2>
      <ol class="plain steps">
        {versions.map(({ uri, record }) => (
          <li>
            <b>
              <a href={`${path}/v/${uri.slice(uri.lastIndexOf('/') + 1)}`}>{record.version}</a>
            </b>{' '}
            <span class="soft">{formatDay(record.releasedAt)}</span>
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
