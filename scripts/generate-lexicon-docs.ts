/** Writes `docs/lexicons.md` from `lexicons/` and the examples of `packages/lexicon`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { examples } from '../packages/lexicon/src/corpus/valid.ts'
import { lexiconDocs } from './lexicon-docs.ts'
import { readLexicons } from './lexicon-files.ts'

const lexicons = fileURLToPath(new URL('../lexicons', import.meta.url))
const preface = readFileSync(`${lexicons}/README.md`, 'utf8')
writeFileSync(
  new URL('../docs/lexicons.md', import.meta.url),
  lexiconDocs(readLexicons(lexicons), examples, preface),
)
