import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { examples } from '../packages/lexicon/src/corpus/valid.ts'
import { hashRkey } from '../packages/lexicon/src/keys.ts'
import { anchor, lexiconDocs } from './lexicon-docs.ts'
import { authorityOf, readLexicons } from './lexicon-files.ts'

const root = new URL('../', import.meta.url)
const documents = readLexicons(fileURLToPath(new URL('lexicons', root)))
const written = readFileSync(new URL('docs/lexicons.md', root), 'utf8')
const headings = [...written.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading!))

describe('docs/lexicons.md', () => {
  it('is what the lexicons say now (otherwise: npm run docs)', () => {
    const preface = readFileSync(new URL('lexicons/README.md', root), 'utf8')
    expect(written === lexiconDocs(documents, examples, preface)).toBe(true)
  })

  it('tells of every lexicon of the authority', () => {
    const authority = authorityOf(documents)
    const own = documents.filter(({ id }) => id.startsWith(`${authority}.`))
    expect(own.map(({ id }) => anchor(id)).filter(name => !headings.includes(name))).toEqual([])
  })

  it('links only to headings it has, each of another name', () => {
    const links = [...written.matchAll(/\]\(#([^)]*)\)/g)].map(([, target]) => target!)
    expect(links.filter(target => !headings.includes(target))).toEqual([])
    expect(headings.length).toBe(new Set(headings).size)
  })

  it('says how keys are made as they are made', () => {
    const [, part, key] = /For the one part\s+`([^`]+)` it is `([^`]+)`/.exec(written) ?? []
    expect(key).toBe(hashRkey(part!))
  })

  it('shows a record of every type', () => {
    const shown = [...written.matchAll(/^```json\n([\s\S]*?)\n```$/gm)].map(([, text]) => JSON.parse(text!))
    expect(shown).toEqual(
      [...examples].map(({ record }) => record).sort((a, b) => (String(a.$type) < String(b.$type) ? -1 : 1)),
    )
  })
})
