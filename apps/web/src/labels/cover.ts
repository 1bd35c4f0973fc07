import { Refused } from '../appview.ts'
import { labelReading, viewer } from '../session/viewer.ts'
import { type Label, type Said, verdictOn } from './reading.ts'

/** Something that may have labels, and whose it is. */
export interface Labellable {
  readonly labels?: readonly Label[]
  readonly author: { readonly did: string }
}

/** What whoever looks is told before they see it, or instead; nothing covers what is their own. */
function coverOf({ labels, author }: Labellable): readonly Said[] {
  if (viewer()?.did === author.did) return []
  const { hide, warn } = verdictOn(labels, labelReading())
  return [...hide, ...warn]
}

/** Whether whoever looks sees it after a warning, or not at all. */
export const isCovered = (thing: Labellable): boolean => coverOf(thing).length > 0

/** Whether a label keeps it from whoever looks, whatever they have chosen. */
export const isHidden = (thing: Labellable): boolean => coverOf(thing).some(said => said.isBinding)

/**
 * @param what it is: `dataset`, `version`
 * @throws Refused where a label keeps it from whoever looks
 */
export function refuseHidden(thing: Labellable, what: string): void {
  const said = coverOf(thing).filter(({ isBinding }) => isBinding)
  if (said.length === 0) return
  const why = said.map(({ name, by }) => `${name}, says ${by}`).join('; ')
  throw new Refused('Hidden', `This ${what} is hidden: ${why}.`)
}
