import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { isValidNsid } from '@atproto/syntax'
import { authorityOf, readLexicons } from './lexicon-files.ts'

/** Finds an authority where it is one: `org.example` in `org.example.defs#pin`, not in `my.org.examples`. */
export function authorityPattern(authority: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9.-])${authority.replaceAll('.', '\\.')}(?![A-Za-z0-9-])`, 'g')
}

/**
 * Gives every lexicon in a folder that is FROST's another authority: its place, its id, and whatever refers to it. Lexicons
 * of other authorities stay. The folder is made anew beside the old one and then takes its place, so that a failure on the
 * way leaves the old one whole.
 * @param folder the lexicons, each in the folders that its NSID says
 * @param to the new authority, a reversed domain such as `org.example`
 * @returns the former authority, the new one, and how many lexicons moved
 * @throws if `to` cannot begin an NSID, is the authority already, or already holds lexicons of somebody else
 */
export function moveAuthority(folder: string, to: string): { from: string; to: string; files: number } {
  const documents = readLexicons(folder)
  const from = authorityOf(documents)
  if (to.split('.').length < 2 || !isValidNsid(`${to}.dataset.collectionItem`))
    throw new Error(`'${to}' cannot be an authority: give a domain reversed, such as org.example`)
  if (to !== to.toLowerCase()) throw new Error(`'${to}' is a domain: write it in lower case`)
  if (to === from) throw new Error(`'${to}' is the authority already`)
  const foreign = documents.find(({ id }) => !id.startsWith(`${from}.`) && id.startsWith(`${to}.`))
  if (foreign)
    throw new Error(`'${to}' is the authority of ${foreign.id}, which is not of FROST: choose another`)

  const next = `${folder}.next`
  const former = `${folder}.former`
  rmSync(next, { recursive: true, force: true })
  const oldPlace = from.replaceAll('.', sep) + sep
  const newPlace = to.replaceAll('.', sep) + sep
  const pattern = authorityPattern(from)
  let files = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!statSync(join(folder, name)).isFile()) continue
    const moves = name.startsWith(oldPlace)
    const target = join(next, moves ? newPlace + name.slice(oldPlace.length) : name)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(
      target,
      readFileSync(join(folder, name), 'utf8').replace(pattern, () => to),
    )
    if (moves) files++
  }
  const misplaced = readLexicons(next).find(
    ({ id }) => !existsSync(join(next, ...id.split('.')).concat('.json')),
  )
  if (misplaced)
    throw new Error(`${misplaced.id} is not in the folders that its id says: move its file there first`)
  renameSync(folder, former)
  renameSync(next, folder)
  rmSync(former, { recursive: true })
  return { from, to, files }
}
