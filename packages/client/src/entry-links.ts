/** What a person says in a few words of other works, of who paid, and of a picture, as records hold it. */
import type { LexMap } from '@atproto/lex'
import { definition } from '@frost/lexicon'
import { UsageError } from './errors.ts'

/** Relations from a dataset to another work that people mostly mean (DataCite's, in kebab case), in words. */
export const COMMON_RELATIONS: readonly (readonly [relation: string, words: string])[] = [
  ['is-described-by', 'a paper that describes it'],
  ['is-supplement-to', 'a paper whose supplement it is'],
  ['is-cited-by', 'a work that cites it'],
  ['is-compiled-by', 'the code that made it'],
  ['is-documented-by', 'documentation of it'],
  ['references', 'a work that it refers to'],
  ['requires', 'what is needed to use it'],
  ['is-part-of', 'a series that it is a part of'],
  ['has-part', 'a part of it'],
  ['is-new-version-of', 'what it replaces'],
  ['is-previous-version-of', 'what replaces it'],
  ['is-variant-form-of', 'the same in another form'],
  ['is-identical-to', 'the same elsewhere'],
  ['is-reviewed-by', 'a review of it'],
]

/** DataCite's relations in kebab case, as the lexicon knows them. */
const RELATION = /^[a-z]+(?:-[a-z]+)*$/

/** `is-described-by=10.1000/xyz`, or a DOI or address alone, which then describes the dataset. @throws UsageError */
export function relatedFrom(text: string): { readonly relation: string; readonly ref: string } {
  const [, relation, ref] = /^([A-Za-z-]+)=(.+)$/s.exec(text.trim()) ?? []
  if (ref === undefined) return { relation: 'is-described-by', ref: text.trim() }
  const name = relation!.toLowerCase()
  if (!RELATION.test(name))
    throw new UsageError(
      `--related is '${text}': write it as relation=reference, such as is-described-by=10.1000/xyz`,
    )
  return { relation: name, ref: ref.trim() }
}

/** `Funder; award number; address of the award`, the last two where they are known. @throws UsageError */
export function fundingFrom(text: string): LexMap {
  const [funder = '', award = '', uri = '', ...more] = text.split(';').map(part => part.trim())
  if (funder === '' || more.length > 0)
    throw new UsageError(
      `--funding is '${text}': write it as 'Funder; award number; address of the award', such as 'Research Council; RC-7'`,
    )
  return fundingOf(funder, award, uri)
}

/** @throws UsageError for what is no address of an award */
export function fundingOf(funderName: string, awardNumber: string, awardUri: string): LexMap {
  if (awardUri !== '' && !isWebAddress(awardUri))
    throw new UsageError(`'${awardUri.slice(0, 200)}' is no web address: it begins with https://`)
  return { funderName, ...(awardNumber && { awardNumber }), ...(awardUri && { awardUri }) }
}

/** @throws UsageError for what is no address of a picture */
export function imageFrom(text: string): LexMap {
  if (!isWebAddress(text))
    throw new UsageError(
      `--image is '${text.slice(0, 200)}': give the address of a picture, such as https://example.org/map.png`,
    )
  return { $type: definition('urlRef'), uri: text }
}

const isWebAddress = (text: string) => /^https?:\/\/[^\s/]\S*$/i.test(text) && URL.canParse(text)
