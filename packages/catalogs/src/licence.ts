/** Licences as the text of catalogues names them, as SPDX identifiers where the text allows it. https://spdx.org/licenses */
import spdx from 'spdx-license-list'
import { cleanMarkdown, cut, linksIn, plainText } from './text.ts'

export interface Rights {
  readonly spdx?: string
  readonly uri?: string
  readonly name?: string
  readonly text?: string
}

const canonical = new Map(Object.keys(spdx).map(id => [id.toLowerCase(), id]))
const byName = new Map(Object.entries(spdx).map(([id, { name }]) => [name.toLowerCase(), id]))

/** Phrases that name one licence and no other. The first that fits counts. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/creativecommons\.org\/publicdomain\/zero|\bcc[- ]?(?:0|zero)\b|\bcc0\b/i, 'CC0-1.0'],
  [/creativecommons\.org\/publicdomain\/mark|public domain mark/i, 'CC-PDM-1.0'],
  [/opendatacommons\.org\/licenses\/odbl|open database licen[sc]e|\bodbl\b/i, 'ODbL-1.0'],
  [/opendatacommons\.org\/licenses\/by\b|open data commons attribution|\bodc[- ]by\b/i, 'ODC-By-1.0'],
  [/opendatacommons\.org\/licenses\/pddl|public domain dedication and licen[sc]e|\bpddl\b/i, 'PDDL-1.0'],
  [/open government licen[sc]e.*(?:3|v3)|open-government-licence\/version\/3|\bogl[- ]?v?3/i, 'OGL-UK-3.0'],
  [/open-government-licence-canada|open government licen[sc]e\s*[-–—]?\s*canada/i, 'OGL-Canada-2.0'],
  [/etalab|licence ouverte.*2|open licen[sc]e 2\.0/i, 'etalab-2.0'],
  [/apache(?: licen[sc]e)?(?:,? version)? ?2|apache\.org\/licenses\/license-2/i, 'Apache-2.0'],
  [/\bmit licen[sc]e\b|opensource\.org\/licenses\/mit|^mit$/i, 'MIT'],
  [/bsd[- ]3|3-clause bsd|new bsd/i, 'BSD-3-Clause'],
  [/bsd[- ]2|2-clause bsd|simplified bsd/i, 'BSD-2-Clause'],
  [/community data licen[sc]e agreement.*permissive.*2|cdla[- ]permissive[- ]2/i, 'CDLA-Permissive-2.0'],
  [/community data licen[sc]e agreement.*permissive|cdla[- ]permissive/i, 'CDLA-Permissive-1.0'],
  [/community data licen[sc]e agreement.*sharing|cdla[- ]sharing/i, 'CDLA-Sharing-1.0'],
]

/** What several licences at once, or doubt, look like: then the text is kept and no identifier is claimed. */
const AMBIGUOUS =
  /\b(?:depend(?:s|ing)|varies|vary|different licen[sc]es|various|see each|per[- ]dataset|unless otherwise|mixed)\b/i

/**
 * The rights that a text and an address say. A text that names one licence gives its SPDX identifier; a text that names several
 * gives none; the text itself is kept whenever it says more than the licence's name.
 */
export function rightsOf({ text, uri }: { readonly text?: string; readonly uri?: string }): Rights[] {
  const said = text === undefined ? '' : cleanMarkdown(text)
  const link = uri ?? linksIn(said)[0]?.url
  const id = licenceId(said, uri)
  if (!id && !said && !link) return []
  const name = plainText(said)
  const isBareAddress = /^https?:\/\/\S+$/.test(said)
  // The words of a short text are its name; a long one is kept whole beside a cut name.
  const words = isBareAddress || name.toLowerCase() === id?.toLowerCase() ? undefined : name
  const standard = id ? spdx[id]?.url : undefined
  return [
    {
      ...(id && { spdx: id }),
      ...(link ? { uri: link } : standard ? { uri: standard } : {}),
      ...(words && { name: words.length <= 160 ? words : cut(words, 160) }),
      ...(words && words.length > 160 && { text: cut(said, 5000) }),
    },
  ]
}

/** The SPDX identifier of the one licence that a text or address names; undefined where there is none, or more than one. */
export function licenceId(text: string, uri?: string): string | undefined {
  const trimmed = text.trim()
  const exact = canonical.get(trimmed.toLowerCase()) ?? byName.get(trimmed.toLowerCase())
  if (exact) return exact
  const found = new Set<string>()
  for (const part of [uri ?? '', trimmed]) {
    for (const id of creativeCommons(part)) found.add(id)
    const path =
      /(?:spdx\.org\/licenses|choosealicense\.com\/licenses|opensource\.org\/licen[sc]es?)\/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?\/?(?:[\s)#?]|$)/i
    const named = path.exec(part)?.[1]
    const known =
      named &&
      (canonical.get(named.toLowerCase()) ??
        canonical.get(named.replace(/-clause$/i, '-Clause').toLowerCase()))
    if (known) found.add(known)
    for (const [phrase, id] of PHRASES) if (phrase.test(part)) found.add(id)
  }
  if (found.size !== 1 || AMBIGUOUS.test(trimmed)) return undefined
  return [...found][0]
}

const CC_WORDS: readonly (readonly [RegExp, string])[] = [
  [/non-?commercial/i, 'nc'],
  [/no-?deriv/i, 'nd'],
  [/share-?alike/i, 'sa'],
]

/** Creative Commons licences in a text: by address, by abbreviation, by name. 4.0 where a text gives no version and says "International". */
function creativeCommons(text: string): string[] {
  const ids = new Set<string>()
  const add = (kind: string, version: string | undefined) => {
    const id = version && canonical.get(`cc-${kind.toLowerCase().replace(/[\s_]+/g, '-')}-${version}`)
    if (id) ids.add(id)
  }
  for (const [, kind, version] of text.matchAll(/creativecommons\.org\/licenses\/([a-z-]+)\/(\d\.\d)/gi))
    add(kind!, version)
  const bare = text.replace(/https?:\/\/\S+/g, ' ')
  for (const [, kind, version] of bare.matchAll(
    /\bcc[ -]?(by(?:[ -]nc)?(?:[ -](?:sa|nd))?)(?:[ -]?v?(\d(?:\.\d)?))?(?![a-z0-9])/gi,
  ))
    add(
      kind!,
      version === undefined
        ? ids.size > 0
          ? undefined
          : /international/i.test(bare)
            ? '4.0'
            : undefined
        : version.includes('.')
          ? version
          : `${version}.0`,
    )
  const name =
    /creative commons[\s-]+(?:licen[sc]e[\s-]+)?attribution([\s,–-]*(?:non-?commercial|no-?deriv\w*|share-?alike|[\s,–-])*)(?:public licen[sc]e|licen[sc]e)?[^\d]{0,30}(\d\.\d)?/i.exec(
      bare,
    )
  if (name) {
    const parts = CC_WORDS.filter(([word]) => word.test(name[1]!)).map(([, part]) => part)
    const kind = ['by', ...parts.filter(part => part === 'nc'), ...parts.filter(part => part !== 'nc')].join(
      '-',
    )
    add(kind, name[2] ?? (/international/i.test(bare) ? '4.0' : undefined))
  }
  return [...ids]
}
