import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mutants } from './mutants/all.ts'
import { mutated, occurrences } from './mutants/mutant.ts'

const root = resolve(import.meta.dirname, '..')

describe('the list of mutants', () => {
  it('names each once, at least twenty-five', () => {
    const names = mutants.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(25)
  })

  it.each(mutants)('$name: its line occurs once, and tests are there that may notice', mutant => {
    const { file, before, after, tests } = mutant
    expect(occurrences(readFileSync(join(root, file), 'utf8'), mutant), `${file}: ${before}`).toBe(1)
    expect(after).not.toBe(before)
    expect(tests.length).toBeGreaterThan(0)
    for (const test of tests) expect(existsSync(join(root, test)), test).toBe(true)
  })

  it('changes the one line and nothing else, dollars and all', () => {
    const mutant = { ...mutants[0]!, before: 'b($1)', after: "c('$&')" }
    expect(mutated('a\n  b($1)\nb', mutant)).toBe("a\n  c('$&')\nb")
    expect(() => mutated('b($1)\nb($1)', mutant)).toThrow('occurs 2 times')
    expect(() => mutated('b', mutant)).toThrow('occurs 0 times')
  })
})
