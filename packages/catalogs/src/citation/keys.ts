import { type Citable, dateParts } from './citable.ts'
import { personName } from './names.ts'

/** First creator's family name, year and first long word of the title: `hersbach2023era5`. */
export function citationKey({ creators, issued, title }: Citable): string {
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

/** The keys of several, each told from the others by a letter: `gao2020data`, `gao2020datab`; the 27th by `z1`. */
export function citationKeys(citables: readonly Citable[]): string[] {
  const taken = new Set<string>()
  return citables.map(citable => {
    const key = citationKey(citable)
    let unique = key
    for (let place = 1; taken.has(unique); place++)
      unique = key + (place < 26 ? String.fromCharCode(97 + place) : `z${place - 25}`)
    taken.add(unique)
    return unique
  })
}
