import type { FC } from 'hono/jsx'

interface Terms {
  readonly pattern: RegExp
  /** In one sentence. */
  readonly text: string
  readonly isRestricted?: boolean
}

/** What licences of data allow, in short. The licence's own text is what counts. */
const LICENCES: readonly Terms[] = [
  {
    pattern: /^(CC0-|PDDL-|CC-PDDC|Unlicense|0BSD)/i,
    text: 'Use it for anything, without asking and without conditions. Citing it is good practice.',
  },
  {
    pattern: /^CC-BY-NC-ND-/i,
    text: 'Share it unchanged, with credit, and not for profit. Changed data must not be given on.',
    isRestricted: true,
  },
  {
    pattern: /^CC-BY-NC-SA-/i,
    text: 'Use and change it with credit, not for profit; what you make from it carries the same licence.',
    isRestricted: true,
  },
  { pattern: /^CC-BY-NC-/i, text: 'Use and change it with credit, but not for profit.', isRestricted: true },
  {
    pattern: /^CC-BY-ND-/i,
    text: 'Share it with credit, for profit too, but not changed.',
    isRestricted: true,
  },
  {
    pattern: /^(CC-BY-SA-|ODbL-|CDLA-Sharing-)/i,
    text: 'Use it for anything with credit; what you make from it and give on carries the same licence.',
  },
  {
    pattern: /^(CC-BY-|ODC-By-|OGL-|etalab-|CDLA-Permissive-|DL-DE-BY-|NLOD-)/i,
    text: 'Use it for anything, with credit to its makers and a note of what you changed.',
  },
  {
    pattern: /^(MIT|Apache-2|BSD-|ISC)/i,
    text: 'Use it for anything; keep the notice of its makers with it. A licence meant for software.',
  },
  {
    pattern: /^A?GPL-|^LGPL-/i,
    text: 'Use it for anything; what you make from it and give on carries the same licence. A licence meant for software.',
  },
]

/** What a licence allows, by its SPDX identifier; undefined where it is none of the common ones. */
export function licenceTerms(spdx: string | undefined): Terms | undefined {
  return spdx === undefined ? undefined : LICENCES.find(({ pattern }) => pattern.test(spdx))
}

export const LicenceNote: FC<{ spdx?: string }> = ({ spdx }) => {
  const terms = licenceTerms(spdx)
  return terms ? <p class={`small ${terms.isRestricted ? 'warm' : 'soft'}`}>{terms.text}</p> : null
}
