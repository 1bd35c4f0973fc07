/**
 * `npm run pack:sync`: makes of `packages/sync` what others can install without this repository, JavaScript with types, in
 * `packages/sync/dist`; `npm publish packages/sync/dist` would give it to a registry.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages/sync')

/** @param target the folder to fill; what is in it goes */
export function packSync(target: string): void {
  rmSync(target, { recursive: true, force: true })
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(
    process.execPath,
    [compiler, '--project', join(source, 'tsconfig.build.json'), '--outDir', target],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  for (const [name, from] of [
    ['README.md', source],
    ['LICENSE', root],
  ] as const)
    copyFileSync(join(from, name), join(target, name))
  const {
    private: _,
    devDependencies: __,
    ...described
  } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const exported = (name: string) => ({ types: `./${name}.d.ts`, default: `./${name}.js` })
  const manifest = {
    ...described,
    engines: { node: '>=24' },
    exports: { '.': exported('index'), './*': exported('*') },
  }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

if (import.meta.main) packSync(join(source, 'dist'))
