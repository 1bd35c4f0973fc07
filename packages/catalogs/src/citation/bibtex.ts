import { type Citable, dateParts, personName } from './citable.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const ESCAPES: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
}

/** A BibTeX entry (UTF-8). `@misc`, as DataCite writes datasets: every style knows it. */
export function bibtex(citable: Citable): string {
  const [year, month] = dateParts(citable.issued ?? '')
  const values: [string, string | undefined][] = [
    ['author', citable.creators.map(author).join(' and ') || undefined],
    ['title', `{${escaped(citable.title)}}`],
    ['year', year?.toString()],
    ['publisher', citable.publisher && escaped(citable.publisher)],
    ['version', citable.version && escaped(citable.version)],
    ['howpublished', citable.resourceType === 'Dataset' ? 'Dataset' : escaped(citable.resourceType)],
    ['doi', citable.doi && escapedUrl(citable.doi)],
    ['url', escapedUrl(citable.url)],
    ['keywords', citable.keywords.slice(0, 20).map(escaped).join(', ') || undefined],
    [
      'copyright',
      citable.rights[0] &&
        escaped(citable.rights[0].spdx ?? citable.rights[0].name ?? citable.rights[0].uri ?? ''),
    ],
  ]
  const lines = values.flatMap(([name, value]) => (value ? [`  ${name} = {${value}}`] : []))
  if (month) lines.splice(3, 0, `  month = ${MONTHS[month - 1]}`)
  return `@misc{${bibtexKey(citable)},\n${lines.join(',\n')}\n}`
}

/** First creator's family name, year and first long word of the title: `hersbach2023era5`. */
export function bibtexKey({ creators, issued, title }: Citable): string {
  const first = creators[0]
  const family = first ? (personName(first)?.family ?? first.name.split(/\s+/).at(-1)) : 'anonymous'
  const word = title.split(/[^\p{L}\p{N}]+/u).find(part => part.length > 3) ?? 'data'
  const key = `${family}${dateParts(issued ?? '')[0] ?? ''}${word}`
  return (
    key
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9]/g, '')
      .toLowerCase() || 'dataset'
  )
}

function author(agent: Citable['creators'][number]): string {
  const person = personName(agent)
  if (person)
    return [person.family, person.given]
      .filter(Boolean)
      .map(part => escaped(part!))
      .join(', ')
  // Braces keep 'European Centre for …' from being split into first and last names.
  return `{${escaped(agent.name)}}`
}

function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\{}~^]/g, character => ESCAPES[character]!)
    .replace(/[&%$#_]/g, '\\$&')
}

function escapedUrl(text: string): string {
  return text
    .replace(/\s/g, '%20')
    .replace(/[{}\\]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
