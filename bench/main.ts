/**
 * `npm run bench -- GROUP …`: one JSON line per figure on standard output, and nothing else there. Each group is a file
 * of this folder whose default export measures and emits.
 */
import { existsSync, readdirSync } from 'node:fs'

export interface Figure {
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** What it was compared with in the same run. */
  readonly against?: string
  readonly note?: string
}

export type Emit = (figure: Figure) => void

const folder = new URL('./', import.meta.url)
const groups = readdirSync(folder)
  .filter(name => name.endsWith('.ts') && name !== 'main.ts')
  .filter(name => !name.includes('.lib.'))
  .map(name => name.replace(/\.ts$/, ''))

const asked = process.argv.slice(2).filter(argument => !argument.startsWith('-'))
const unknown = asked.filter(name => !existsSync(new URL(`${name}.ts`, folder)))
if (asked.length === 0 || unknown.length > 0) {
  console.error(
    `${unknown.length ? `no group '${unknown.join(', ')}'; ` : ''}usage: npm run bench -- ${groups.join('|')}`,
  )
  process.exit(2)
}
for (const name of asked) {
  const { default: run } = (await import(`./${name}.ts`)) as { default: (emit: Emit) => Promise<void> }
  await run(figure => process.stdout.write(`${JSON.stringify(figure)}\n`))
}
process.exit(0)
