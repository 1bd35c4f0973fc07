import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { searchAddress } from '../search-state.ts'

const WAYS: readonly (readonly [title: string, text: string, examples: readonly string[]])[] = [
  [
    'Words',
    'Any of the words may occur; datasets with more of them, with rarer ones, or with them in the title come first. Endings do not matter: temperature finds temperatures.',
    ['sea surface temperature'],
  ],
  [
    'Phrases',
    'Words between quotation marks must occur side by side. A single word in quotation marks must occur.',
    ['"sea ice" thickness', 'ocean "salinity"'],
  ],
  [
    'Without',
    'A minus leaves out what has the word, the phrase or the value.',
    ['sentinel -radar', 'rain -format:csv'],
  ],
  [
    'Variables and columns',
    'By name, standard name or long name. A star stands for any text; begin with two letters at least.',
    ['variable:sst', 'variable:sea_surface*', 'column:"population density"'],
  ],
  [
    'Format and data model',
    'The model is array, table or file.',
    ['format:zarr', 'model:table format:parquet'],
  ],
  ['Licence', 'By SPDX identifier.', ['license:CC-BY-4.0', 'license:cc-by*']],
  ['Subject', 'Keywords as the publisher gave them.', ['keyword:oceanography', 'subject:"climate change"']],
  [
    'People',
    'Authors by words of their name; publishers by handle, DID or words of their name.',
    ['author:lovelace', 'author:"grace hop*"', 'publisher:noaa*'],
  ],
  [
    'Offers',
    'Data that somebody sells or gives, as they say: at all, for nothing (price:free), for money (price:paid), or how one pays: one-time, subscription, usage, on-request.',
    ['has:offer', 'price:paid', 'offer:subscription', 'climate -has:offer'],
  ],
  [
    'Access',
    'Who may get at the data: open, registered, restricted, embargoed, metadata-only or commercial.',
    ['access:open', 'genomes -access:open', 'access:embargoed'],
  ],
  ['Title', 'The word, or the phrase, must be in the title.', ['title:reanalysis', 'title:"land cover"']],
  [
    'Time covered',
    'A year, a month, a day or a range of them, also far back; data that covers some of it is found.',
    ['year:2001', 'year:1990..2020', 'year:<-10000', 'year:>=2015-06'],
  ],
  [
    'Time of publication',
    'When the dataset was published on the network.',
    ['published:2024', 'published:>=2024-05-01'],
  ],
]

/** How to write a search. */
export const SearchHelpPage: FC<{ publicUrl: string }> = ({ publicUrl }) => (
  <Layout
    title="How to write a search – FROST"
    canonical={`${publicUrl}/search/help`}
    styles={['search.css']}
  >
    <div class="stack prose-page">
      <header class="stack-tight">
        <h1>How to write a search</h1>
        <p class="soft">
          Plain words are enough. What follows makes a search exact; all of it can be combined, and works the
          same in the search box, on the command line (<code>frost search</code>), in the API and in searches
          that you follow.
        </p>
      </header>
      <dl class="help-list">
        {WAYS.map(([title, text, examples]) => (
          <div>
            <dt>{title}</dt>
            <dd>
              <p>{text}</p>
              <ul class="badges">
                {examples.map(example => (
                  <li>
                    <a class="badge strong" href={searchAddress({ q: example })}>
                      <code>{example}</code>
                    </a>
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        ))}
      </dl>
      <section class="stack-tight help-more">
        <h2>Several at once</h2>
        <p>
          Several values of one field are alternatives: <code>format:zarr format:netcdf</code> finds either.
          Different fields must all hold. Values with spaces stand in quotation marks; capitals do not matter.
        </p>
        <h2>Place</h2>
        <p>
          Draw a box or a polygon on the map of the results, upload GeoJSON, or write degrees. Edges are
          straight in longitude and latitude, as GeoJSON has it. Across the 180th meridian a box has its west
          beyond its east, and a polygon goes on counting (170, 190). Data is found when a box that it covers
          touches the area.
        </p>
        <h2>Keep it</h2>
        <p>
          The address of a page of results holds the whole search: share it, bookmark it. Signed in, you can
          follow a search; new results then come to your feed. Every search is an Atom feed too.
        </p>
      </section>
    </div>
  </Layout>
)
