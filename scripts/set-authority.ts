/**
 * `node scripts/set-authority.ts org.example`: gives every lexicon of FROST another NSID authority, before the first public
 * record is written: afterwards every at-uri and every pin contains it. Moves the files, rewrites what they say, and makes
 * the generated code and the reference anew.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moveAuthority } from './authority.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const [wanted, ...rest] = process.argv.slice(2)
if (wanted === undefined || wanted.startsWith('-') || rest.length > 0) {
  console.error(
    'usage: node scripts/set-authority.ts AUTHORITY   (such as org.example, the domain example.org reversed)',
  )
  process.exit(2)
}

try {
  const { from, to, files } = moveAuthority(join(root, 'lexicons'), wanted)
  console.log(`${files} lexicons moved from ${from} to ${to}`)
  for (const script of ['generate-lexicons.ts', 'generate-lexicon-docs.ts']) {
    const { status } = spawnSync(process.execPath, [join(root, 'scripts', script)], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`scripts/${script} failed; mend what it says above and run it again`)
  }
  const pages = readdirSync(root).filter(name => name.endsWith('.md'))
  console.log(`Read over what people read, which may still say ${from}: ${[...pages, 'docs/'].join(', ')}`)
} catch (error) {
  console.error(`set-authority: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
