import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { readJson, withFileLock, writeJson } from './files.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-files-'))
})

describe('private JSON files', () => {
  it('are readable by their owner only, and so is their folder', async () => {
    const path = join(folder, 'sessions', 'a.json')
    await writeJson(path, { token: 'x' })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'sessions'))).mode & 0o777).toBe(0o700)
    expect(await readJson(path)).toEqual({ token: 'x' })
  })

  it('are undefined where absent and named where damaged', async () => {
    expect(await readJson(join(folder, 'none.json'))).toBeUndefined()
    await writeFile(join(folder, 'bad.json'), '{')
    await expect(readJson(join(folder, 'bad.json'))).rejects.toThrow(/bad\.json holds no JSON/)
  })
})

describe('a file lock', () => {
  it('lets one holder in at a time', async () => {
    const lock = join(folder, 'x.lock')
    let inside = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 12 }, () =>
        withFileLock(lock, async () => {
          most = Math.max(most, ++inside)
          await readFile(lock, 'utf8')
          inside--
        }),
      ),
    )
    expect(most).toBe(1)
  })

  it('is taken over from a process that is gone', async () => {
    const lock = join(folder, 'y.lock')
    await writeFile(lock, '999999999 dead')
    expect(await withFileLock(lock, async () => 'in')).toBe('in')
  })

  it('is released when the work fails', async () => {
    const lock = join(folder, 'z.lock')
    await expect(withFileLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withFileLock(lock, async () => 'again')).toBe('again')
  })
})
