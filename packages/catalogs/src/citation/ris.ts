import { withoutEnd } from '@frost/lexicon'
import { type Citable, dateParts } from './citable.ts'
import { citationKey } from './keys.ts'
import { oneLine, personName } from './names.ts'
import { recordNote } from './note.ts'
import { nameOf } from './text.ts'

/** A reference in RIS, type DATA, ended by `ER`. Values stay on one line: RIS has no continuation. */
export function ris(citable: Citable, key = citationKey(citable)): string {
  const [year, month, day] = dateParts(citable.issued ?? '')
  const pad = (part: number | undefined, width = 2) => (part ? String(part).padStart(width, '0') : '')
  const lines: [string, string | undefined][] = [
    ['TY', 'DATA'],
    ['ID', key],
    ['TI', citable.title],
    ...citable.creators.map((agent): [string, string] => ['AU', author(agent)]),
    ['PY', pad(year, 4)],
    ['DA', year ? `${pad(year, 4)}/${pad(month)}/${pad(day)}` : undefined],
    ['PB', citable.publisher],
    ['ET', citable.version],
    ['DO', citable.doi],
    ['UR', citable.url],
    ['AB', citable.description],
    ...citable.keywords.map((keyword): [string, string] => ['KW', keyword]),
    ['LA', citable.language],
    ['N1', recordNote(citable)],
  ]
  const text = lines.flatMap(([tag, value]) => {
    const line = oneLine(value ?? '')
    return line ? [`${tag}  - ${line}`] : []
  })
  return [...text, 'ER  - '].join('\n')
}

/** `Family, Given`; a comma after an institution says that it has no given name. */
function author(agent: Citable['creators'][number]): string {
  const person = personName(agent)
  if (!person) return `${withoutEnd(nameOf(agent), ',')},`
  return person.given ? `${person.family}, ${person.given}` : `${person.family},`
}
