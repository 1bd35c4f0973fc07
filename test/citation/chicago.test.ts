/** Our Chicago style beside pandoc's citeproc with its own file of the style: the same reference, title case and kind of work aside. */
import { type Citable, citableOf, formatCitation, formatCitations } from '@frost/catalogs/citation/index'
import { describe, expect, it } from 'vitest'
import { realDatasets } from './datasets.ts'
import { has, run } from './tools.ts'

/** References by pandoc, sorted; an abstract or a note is no part of one. */
function byPandoc(citables: readonly Citable[]): string[] {
  const items = JSON.parse(formatCitations(citables, 'csl-json')!) as Record<string, unknown>[]
  const bare = items.map(({ abstract, note, keyword, ...item }) => item)
  const metadata = JSON.stringify({ nocite: '@*', references: bare })
  const text = run(
    'pandoc',
    ['--citeproc', '--wrap=none', '-f', 'markdown', '-t', 'plain', 'FILE'],
    `---\n${metadata}\n---\n`,
  )
  return text.split('\n').filter(Boolean).map(compared).sort()
}

/** Chicago writes titles with capitals, which makes "Era5" of "ERA5": ours keeps the owner's. */
const compared = (text: string) => text.toLowerCase().replace(' data set.', '').replace(/\s+/g, ' ').trim()

const ours = (citables: readonly Citable[]) =>
  citables
    .map(citable => compared(formatCitation({ ...citable, cid: undefined }, 'chicago-author-date')))
    .sort()

describe.skipIf(!has('pandoc'))('Chicago, author-date', () => {
  it('of real datasets', () => {
    // A list writes the same authors a second time as a dash.
    const byAuthors = Map.groupBy(
      realDatasets().filter(({ doi }) => doi),
      ({ creators }) => creators.map(({ name }) => name).join('; '),
    )
    const datasets = [...byAuthors.values()].map(([first]) => first!)
    expect(datasets.length).toBeGreaterThanOrEqual(20)
    expect(ours(datasets)).toEqual(byPandoc(datasets))
  })

  it.each([1, 2, 3, 4, 10, 11, 30])('with %i authors', count => {
    const creators = Array.from({ length: count }, (_, place) => ({
      name: '',
      familyName: `Family${String.fromCharCode(97 + place)}`,
      givenName: 'Ada M.',
    })).map(agent => ({ ...agent, name: `${agent.familyName}, ${agent.givenName}` }))
    const citable = citableOf(
      {
        title: 'A title of a dataset',
        creators,
        publisher: { name: 'A Publisher' },
        dates: [{ type: 'issued', value: '2024-05' }],
        identifiers: [{ scheme: 'doi', value: '10.5555/x' }],
      },
      { uri: 'at://did:plc:abc/a.b.c/x' },
    )
    expect(ours([citable])).toEqual(byPandoc([citable]))
  })
})
