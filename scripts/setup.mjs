/**
 * What has to be there before FROST starts or is tested: packages, and types generated from the lexicons.
 * Plain JavaScript, because on a fresh machine it runs under whatever Node (20 or newer) is on PATH.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const forTests = process.argv.includes('--test')
const modified = path => (existsSync(path) ? statSync(path).mtimeMs : 0)

function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter(entry => entry.isFile())
      .map(entry => modified(join(entry.parentPath ?? entry.path, entry.name))),
  )
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    console.error(`setup: '${command} ${args.join(' ')}' failed; mend what it says above and try again`)
    process.exit(1)
  }
}

const installed = join(root, 'node_modules/.package-lock.json')
const hasDevelopmentPackages = existsSync(join(root, 'node_modules/vitest'))
const isStale = modified(installed) < modified(join(root, 'package-lock.json'))
if (isStale || (forTests && !hasDevelopmentPackages)) {
  const kept = forTests || hasDevelopmentPackages ? [] : ['--omit=dev']
  console.error(
    `Installing packages${kept.length ? '' : ', those of the tests too'} (once; a minute or two) …`,
  )
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...kept])
}

const generated = join(root, 'packages/lexicon/src/generated/index.ts')
if (modified(generated) < newest(join(root, 'lexicons'))) run('npm', ['run', '--silent', 'generate'])

/** Programs of Debian's that tests use where they are there, and what is skipped without them. */
const programs = [
  {
    commands: [['chromium', 'chromium-browser', 'google-chrome']],
    packages: ['chromium'],
    tests: 'the browser tests',
  },
  {
    commands: [['bib2xml'], ['pandoc'], ['xmllint']],
    packages: ['bibutils', 'pandoc', 'libxml2-utils', 'python3-jsonschema', 'python3-yaml'],
    tests: 'the tests that read citations back',
  },
]
if (forTests) {
  const missing = programs.filter(({ commands }) => !commands.every(names => names.some(onPath)))
  if (missing.length > 0 && process.getuid?.() === 0 && onPath('apt-get')) {
    const packages = missing.flatMap(program => program.packages)
    console.error(`Installing ${packages.join(', ')} for the tests …`)
    const quiet = { stdio: 'ignore' }
    spawnSync('apt-get', ['update'], quiet)
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], quiet)
  }
  for (const { commands, packages, tests } of missing) {
    if (!commands.every(names => names.some(onPath)))
      console.error(`Without ${packages.join(', ')} ${tests} are skipped. Install them to run those.`)
  }
}

function onPath(name) {
  try {
    execFileSync('which', [name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
