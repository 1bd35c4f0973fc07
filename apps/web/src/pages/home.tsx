import type { FC } from 'hono/jsx'
import type { EntryView, Facet } from '../appview.ts'
import { DatasetTile } from '../design/dataset-item.tsx'
import { Layout } from '../design/layout.tsx'
import { Badges } from '../design/parts.tsx'
import { SearchBox } from '../design/search-box.tsx'
import { searchAddress } from '../search-state.ts'
import { formatCount } from '../text.ts'

export interface HomeProps {
  readonly publicUrl: string
  readonly figures: readonly { name: string; count: number }[]
  readonly newest: readonly EntryView[]
  readonly mostUsed: readonly EntryView[]
  readonly facets: readonly Facet[]
}

export const HomePage: FC<HomeProps> = ({ publicUrl, figures, newest, mostUsed, facets }) => (
  <Layout
    title="FROST: every scientific dataset, one place to search"
    description="Search the datasets of every institution, see what is in them, cite them and stream them from where they lie."
    canonical={publicUrl}
    withoutSearch
    jsonLd={{
      '@context': 'https://schema.org',
      '@type': 'WebSite',
      name: 'FROST',
      url: publicUrl,
      potentialAction: {
        '@type': 'SearchAction',
        target: `${publicUrl}/search?q={query}`,
        'query-input': 'required name=query',
      },
    }}
  >
    <section class="hero">
      <h1>Every scientific dataset, one place to search</h1>
      <p>
        Published by the institutions themselves, on an open network that nobody owns. The data stays in its
        owner’s bucket; here you find it, understand it and cite it.
      </p>
      <SearchBox large />
      <dl class="figures">
        {figures.map(({ name, count }) => (
          <div>
            <dt>{name}</dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
      </dl>
    </section>
    <Browse facets={facets} />
    <Tiles title="Most built upon" more="/search?sort=most-used" entries={mostUsed} />
    <Tiles title="New here" more="/search?sort=newest" entries={newest} />
  </Layout>
)

const BROWSE: readonly { readonly name: string; readonly title: string; readonly most: number }[] = [
  { name: 'keyword', title: 'Subjects', most: 14 },
  { name: 'format', title: 'Formats', most: 14 },
  { name: 'model', title: 'Kinds of data', most: 6 },
  { name: 'publisher', title: 'Publishers', most: 10 },
]

/** Ways in for those who do not know yet what to search for. */
const Browse: FC<{ facets: readonly Facet[] }> = ({ facets }) => (
  <nav class="card browse" aria-label="Browse">
    {BROWSE.map(({ name, title, most }) => {
      const values = facets.find(facet => facet.name === name)?.values ?? []
      if (values.length === 0) return null
      return (
        <div>
          <h2>{title}</h2>
          <Badges
            items={values.slice(0, most).map(({ value, label, count }) => ({
              text: `${label ?? value} ${formatCount(count)}`,
              href: searchAddress({ [name]: [value] }),
            }))}
          />
        </div>
      )
    })}
  </nav>
)

const Tiles: FC<{ title: string; more: string; entries: readonly EntryView[] }> = ({
  title,
  more,
  entries,
}) =>
  entries.length === 0 ? null : (
    <section>
      <div class="section-head">
        <h2>{title}</h2>
        <a href={more}>See all</a>
      </div>
      <div class="grid few">
        {entries.map(entry => (
          <DatasetTile entry={entry} />
        ))}
      </div>
    </section>
  )
