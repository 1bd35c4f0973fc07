import type { FC } from 'hono/jsx'
import { nameOf } from '../account-name.ts'
import type { ProfileView } from '../appview.ts'
import { ArchivedMark } from '../design/archived.tsx'
import { Layout } from '../design/layout.tsx'
import { Onward, Person } from '../design/parts.tsx'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { excerpt } from '../markdown.ts'
import { plural, truncate } from '../text.ts'

export interface PeopleProps {
  readonly publicUrl: string
  readonly query?: string
  readonly actors: readonly ProfileView[]
  readonly next?: string
}

/** Everybody who publishes, with a search by name. */
export const PeoplePage: FC<PeopleProps> = ({ publicUrl, query, actors, next }) => (
  <Layout title="Publishers – FROST" canonical={`${publicUrl}/people`}>
    <div class="section-head">
      <h1>Publishers</h1>
      <form class="search" action="/people" method="get">
        <input type="search" name="q" value={query} aria-label="Search publishers" maxlength={200} />
        <button type="submit">Search</button>
      </form>
    </div>
    {actors.length === 0 && <p class="soft">Nobody by that name here.</p>}
    <div class="grid">
      {actors.map(({ did, handle, displayName, record, counts, archived, labels }) => (
        <article class="card tile">
          <Labelled labels={labels} what="account" author={did} href={`/p/${nameOf({ did, handle })}`}>
            <h2>
              <Person did={did} handle={handle} name={record?.name ?? displayName} />
            </h2>
            <ArchivedMark author={{ archived }} />
            <LabelBadges labels={labels} />
            <p class="soft small">{plural(counts?.entries ?? 0, 'dataset')}</p>
            {record?.description && (
              <p class="soft small clamp">{truncate(excerpt(record.description), 200)}</p>
            )}
          </Labelled>
        </article>
      ))}
    </div>
    <Onward href={next && `/people?${new URLSearchParams({ ...(query && { q: query }), cursor: next })}`}>
      More →
    </Onward>
  </Layout>
)
