import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { holdFile } from './exclusive.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-hold-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('is held by one of many that ask at once, and by the next when that one lets go', async () => {
  const path = join(folder, 'lock')
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => holdFile(path)))
  const held = asked.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  expect(held).toHaveLength(1)
  expect(await readdir(folder)).toEqual(['lock'])
  await held[0]!()
  const letGo = await holdFile(path)
  await letGo()
  expect(await readdir(folder)).toEqual([])
})

it('takes over what a process left that is gone', async () => {
  const path = join(folder, 'lock')
  await writeFile(path, '2147483646')
  const letGo = await holdFile(path)
  await expect(holdFile(path)).rejects.toMatchObject({ code: 'Locked' })
  await letGo()
})
