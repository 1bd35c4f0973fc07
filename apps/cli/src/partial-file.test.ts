import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PartialFile } from './partial-file.ts'

const bytes = (text: string) => Buffer.from(text)

describe('a file that grows', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-partial-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('has no name before it is complete, and leaves nothing beside it then', async () => {
    const path = join(folder, 'rows.csv')
    const file = await PartialFile.begin(path, 'rows')
    await file.write(bytes('a\n'))
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await file.finish()).toBe(2)
    expect(await readFile(path, 'utf8')).toBe('a\n')
    await expect(stat(`${path}.part`)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(stat(`${path}.part.json`)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('goes on after what was noted, and forgets what was written since', async () => {
    const path = join(folder, 'rows.csv')
    const first = await PartialFile.begin(path, 'rows', { noteEvery: 0 })
    await first.write(bytes('head\none\n'))
    await first.checkpoint(1)
    await first.write(bytes('two, half of i'))
    await first.interrupt()
    const second = await PartialFile.begin(path, 'rows')
    expect(second.done).toBe(1)
    await second.write(bytes('two\n'))
    await second.finish()
    expect(await readFile(path, 'utf8')).toBe('head\none\ntwo\n')
  })

  it('begins anew where something else was being written under the name', async () => {
    const path = join(folder, 'rows.csv')
    const first = await PartialFile.begin(path, 'these rows', { noteEvery: 0 })
    await first.write(bytes('these\n'))
    await first.checkpoint(1)
    await first.interrupt()
    const second = await PartialFile.begin(path, 'others')
    expect(second.done).toBe(0)
    await second.write(bytes('others\n'))
    await second.finish()
    expect(await readFile(path, 'utf8')).toBe('others\n')
  })

  it('never replaces a file without being told to', async () => {
    const path = join(folder, 'rows.csv')
    await (await PartialFile.begin(path, 'rows')).finish()
    await expect(PartialFile.begin(path, 'rows')).rejects.toThrow(/exists already.*--force/)
    await (await PartialFile.begin(path, 'rows', { force: true })).finish()
  })
})
