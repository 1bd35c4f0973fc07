import { type Citable, dateParts, personName } from './citable.ts'

/** A reference in RIS, type DATA, ended by `ER`. Values stay on one line: RIS has no continuation. */
export function ris(citable: Citable): string {
  const [year, month, day] = dateParts(citable.issued ?? '')
  const pad = (part: number | undefined) => (part ? String(part).padStart(2, '0') : '')
  const lines: [string, string | undefined][] = [
    ['TY', 'DATA'],
    ['TI', citable.title],
    ...citable.creators.map((agent): [string, string] => {
      const person = personName(agent)
      return ['AU', person ? [person.family, person.given].filter(Boolean).join(', ') : agent.name]
    }),
    ['PY', year?.toString()],
    ['DA', year ? `${year}/${pad(month)}/${pad(day)}` : undefined],
    ['PB', citable.publisher],
    ['ET', citable.version],
    ['DO', citable.doi],
    ['UR', citable.url],
    ['AB', citable.description],
    ...citable.keywords.map((keyword): [string, string] => ['KW', keyword]),
    ['LA', citable.language],
  ]
  const text = lines.flatMap(([tag, value]) =>
    value ? [`${tag}  - ${value.replace(/\s+/g, ' ').trim()}`] : [],
  )
  return [...text, 'ER  - '].join('\n')
}
