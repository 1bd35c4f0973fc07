/** A copy of the repository in a temporary folder, to be changed and run without the checkout noticing. */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What git does not keep and the tests need. */
const MADE = ['packages/lexicon/src/generated']
/** What tests look for beside the checkout, and skip where it is absent. */
const BESIDE = 'shared'

export class Copy implements Disposable {
  readonly #temporary = mkdtempSync(join(tmpdir(), 'frost-copy-'))
  /** Root of the copy. */
  readonly folder = join(this.#temporary, 'frost')

  /**
   * Copies what git keeps, as it lies in the checkout, and links what is installed; packages of the repository are those of the
   * copy.
   * @param root folder of the checkout
   */
  constructor(root: string) {
    for (const path of [...keptFiles(root), ...MADE])
      if (existsSync(join(root, path))) cpSync(join(root, path), join(this.folder, path), { recursive: true })
    const places = ['.', ...foldersOf(root, 'packages'), ...foldersOf(root, 'apps')]
    for (const place of places)
      linkInstalled(join(root, place, 'node_modules'), join(this.folder, place, 'node_modules'))
    if (existsSync(join(root, '..', BESIDE)))
      symlinkSync(join(root, '..', BESIDE), join(this.#temporary, BESIDE))
  }

  [Symbol.dispose](): void {
    rmSync(this.#temporary, { recursive: true, force: true })
  }
}

/** Tracked files and new ones, as paths in the checkout. */
function keptFiles(root: string): string[] {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  if (git.status !== 0) throw new Error(`git ls-files in '${root}': ${git.stderr}`)
  const paths = git.stdout.toString().split('\0')
  // A link in its place is no folder to git.
  return paths.filter(path => path !== '' && !path.split('/').includes('node_modules'))
}

function foldersOf(root: string, name: string): string[] {
  return readdirSync(join(root, name)).map(folder => join(name, folder))
}

/** A folder of links to what is installed. Links that lead elsewhere in the checkout lead to the same place in the copy. */
function linkInstalled(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const path = join(from, name)
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(to, name))
    else if (name.startsWith('@') || name === '.bin') linkInstalled(path, join(to, name))
    else if (!name.startsWith('.')) symlinkSync(path, join(to, name))
  }
}
