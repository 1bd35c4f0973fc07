/** Other works, who paid, and the picture: what becomes of them in the record when a form says something else. */
import type { LexMap } from '@atproto/lex'
import { fundingOf, imageFrom } from '@frost/client/entry-links'
import { FrostError, UsageError } from '@frost/client/errors'
import type { Referrer } from './change.ts'
import { type EntryForm, isEmptyRow } from './form.ts'
import { isSame, listOf, sentence, some } from './values.ts'

type Fields = Record<string, LexMap[string] | undefined>
type Problem = (field: string, text: string) => void

const AT_ONCE = 8

/** @param refer may ask somebody's server */
export async function changeLinks(
  record: Fields,
  base: LexMap,
  { links }: EntryForm,
  before: EntryForm,
  refer: Referrer,
  problem: Problem,
): Promise<void> {
  const all = listOf(base.relatedItems)
  const read = async (row: EntryForm['links'][number], index: number): Promise<LexMap[]> => {
    if (isEmptyRow(row)) return []
    const { of, relation, ref, title } = row
    const current = all[Number(of || -1)]
    const former = before.links[Number(of || -1)]
    if (current && isSame(row, former)) return [current]
    const { title: _, ...kept } = current ?? {}
    try {
      if (ref === '') throw new UsageError('Give the DOI or the address of the work, or empty its title too.')
      const found = current && former?.ref === ref ? current.ref : await refer(ref)
      return [{ ...kept, ref: found, relation, ...(title && { title }) } as LexMap]
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      problem(`links-${index}-ref`, sentence(error.message))
      return []
    }
  }
  const made: LexMap[][] = []
  for (let at = 0; at < links.length; at += AT_ONCE)
    made.push(
      ...(await Promise.all(links.slice(at, at + AT_ONCE).map((row, index) => read(row, at + index)))),
    )
  record.relatedItems = some(made.flat())
}

export function changeFunding(
  record: Fields,
  base: LexMap,
  { funding }: EntryForm,
  before: EntryForm,
  problem: Problem,
): void {
  const all = listOf(base.funding)
  const made = funding.flatMap((row, index) => {
    if (isEmptyRow(row)) return []
    const { of, funder, award, uri } = row
    const current = all[Number(of || -1)]
    if (current && isSame(row, before.funding[Number(of)])) return [current]
    if (funder === '') {
      problem(`funding-${index}-funder`, 'Say who paid: the award needs a funder.')
      return []
    }
    const { awardNumber: _number, awardUri: _uri, funderName, funderIdentifier, ...kept } = current ?? {}
    try {
      // The id of a funder is that of its name.
      const id = funderName === funder && funderIdentifier !== undefined ? { funderIdentifier } : {}
      return [{ ...kept, ...id, ...fundingOf(funder, award, uri) } as LexMap]
    } catch (error) {
      if (!(error instanceof FrostError)) throw error
      problem(`funding-${index}-uri`, sentence(error.message))
      return []
    }
  })
  record.funding = some(made)
}

/** @throws UsageError for what is no address of a picture */
export function changeImage(record: Fields, { image }: EntryForm): void {
  record.image = image === '' ? undefined : imageFrom(image)
}
