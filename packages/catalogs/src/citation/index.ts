import { apa } from './apa.ts'
import { bibtex } from './bibtex.ts'
import { cff } from './cff.ts'
import { chicago } from './chicago.ts'
import type { Citable } from './citable.ts'
import { cslItem } from './csl-json.ts'
import { dataciteAttributes, dataciteJson } from './datacite.ts'
import { dataciteXml } from './datacite-xml.ts'
import { harvard } from './harvard.ts'
import { ieee } from './ieee.ts'
import { citationKeys } from './keys.ts'
import { ris } from './ris.ts'
import { vancouver } from './vancouver.ts'

export {
  type Citable,
  type CitationContext,
  citableOf,
  citedVersion,
  type EntryLike,
  ownDois,
} from './citable.ts'
export { type DataciteAttributes, dataciteAttributes } from './datacite.ts'

interface CitationStyle {
  readonly mediaType: string
  readonly extension: string
  format(citable: Citable): string
  /** Several in one text; absent where a document of the format describes one thing. */
  formatAll?(citables: readonly Citable[]): string
}

const json = (value: unknown) => JSON.stringify(value, null, 2)

/** A style of reference lists: plain text, each by itself or numbered. */
function prose(format: (citable: Citable) => string, number = (_place: number) => ''): CitationStyle {
  return {
    mediaType: 'text/x-bibliography',
    extension: 'txt',
    format,
    formatAll: citables => citables.map((citable, place) => number(place + 1) + format(citable)).join('\n\n'),
  }
}

/** The styles in which a dataset can be cited, by the name that `frost cite --style` and the AppView take. */
export const citationStyles = {
  apa: prose(apa),
  'chicago-author-date': prose(chicago),
  harvard: prose(harvard),
  ieee: prose(ieee, place => `[${place}] `),
  vancouver: prose(vancouver, place => `${place}. `),
  bibtex: {
    mediaType: 'application/x-bibtex',
    extension: 'bib',
    format: citable => bibtex(citable),
    formatAll: citables => keyed(citables, bibtex).join('\n\n'),
  },
  ris: {
    mediaType: 'application/x-research-info-systems',
    extension: 'ris',
    format: citable => ris(citable),
    formatAll: citables => keyed(citables, ris).join('\n\n'),
  },
  'csl-json': {
    mediaType: 'application/vnd.citationstyles.csl+json',
    extension: 'json',
    // A list also of one, as reference managers export it.
    format: citable => json([cslItem(citable)]),
    formatAll: citables => json(keyed(citables, cslItem)),
  },
  datacite: {
    mediaType: 'application/vnd.datacite.datacite+json',
    extension: 'json',
    format: dataciteJson,
    formatAll: citables => json(citables.map(dataciteAttributes)),
  },
  'datacite-xml': {
    mediaType: 'application/vnd.datacite.datacite+xml',
    extension: 'xml',
    format: dataciteXml,
  },
  cff: { mediaType: 'application/x-cff+yaml', extension: 'cff', format: cff },
} as const satisfies Record<string, CitationStyle>

export type CitationStyleName = keyof typeof citationStyles

export function isCitationStyle(name: string): name is CitationStyleName {
  return Object.hasOwn(citationStyles, name)
}

/** A citation of `citable` in one style, without a line break at the end. */
export function formatCitation(citable: Citable, style: CitationStyleName): string {
  return citationStyles[style].format(citable)
}

/**
 * Citations of several in one text, in the order given.
 * @returns undefined where a document of the style describes one thing only
 */
export function formatCitations(citables: readonly Citable[], style: CitationStyleName): string | undefined {
  const [only] = citables
  if (only && citables.length === 1) return formatCitation(only, style)
  return (citationStyles[style] as CitationStyle).formatAll?.(citables)
}

function keyed<Item>(citables: readonly Citable[], format: (citable: Citable, key: string) => Item): Item[] {
  const keys = citationKeys(citables)
  return citables.map((citable, place) => format(citable, keys[place]!))
}
