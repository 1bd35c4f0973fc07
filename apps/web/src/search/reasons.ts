import { rkeyOf } from '@frost/lexicon'
import type { EntryView } from '../appview.ts'
import { hasModelApart, keywordsOf, variablesOf } from '../dataset-facts.ts'
import { type QueryTerms, termsIn } from '../design/highlight.tsx'
import { truncate } from '../text.ts'

export interface Reasons {
  /** Where words of the query stand, beside the title and the description that are shown anyway. */
  readonly places: readonly { readonly name: string; readonly values: readonly string[] }[]
  /** Words of the query, as written, that the dataset does not hold. */
  readonly missing: readonly string[]
}

const SHOWN = 4

/** Why a dataset matches the words of a query. The record is looked at as search does. */
export function reasonsOf({ uri, author, record }: EntryView, terms: QueryTerms): Reasons {
  const found = new Set<string>()
  const see = (text: string) => {
    const here = termsIn(text, terms)
    for (const one of here) found.add(one)
    return here.size > 0
  }
  see(record.title)
  see(record.description ?? '')
  for (const { value } of [...(record.titles ?? []), ...(record.descriptions ?? [])]) see(value)
  const variables = variablesOf(record)
    .filter(({ text }) => see(text))
    .map(({ name, label, text }) => {
      const matched = [label ?? name, name, ...text.split(' ')].find(one => termsIn(one, terms).size > 0)
      return truncate(matched ?? name, 60)
    })
  const people = [...(record.creators ?? []), ...(record.contributors ?? [])].map(({ name }) => name)
  const publishers = [record.publisher?.name, author.displayName, author.handle].flatMap(name => name ?? [])
  const places = [
    { name: 'Variables', values: variables },
    { name: 'Subjects', values: keywordsOf(record).filter(see) },
    { name: 'Authors', values: people.filter(see) },
    { name: 'Publisher', values: publishers.filter(see).slice(0, 1) },
    {
      name: 'Files',
      values: (record.distributions ?? []).flatMap(({ title, id }) => title ?? id ?? []).filter(see),
    },
  ]
  see(rkeyOf(uri))
  for (const { uri } of record.distributions ?? []) see(uri)
  return {
    places: places
      .map(({ name, values }) => ({ name, values: [...new Set(values)].slice(0, SHOWN) }))
      .filter(({ values }) => values.length > 0),
    // What stands in a model of its own is not told here.
    missing: hasModelApart(record)
      ? []
      : [...terms].filter(([one]) => !found.has(one)).map(([, word]) => word),
  }
}
