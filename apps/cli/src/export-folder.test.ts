import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExportSource } from '@frost/catalogs/export/index'
import { nsid } from '@frost/lexicon'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FolderOfExports } from './export-folder.ts'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const sourceOf = (account: string | undefined, did = DID, rkey = 'ice') =>
  ({ uri: `at://${did}/${nsid('dataset.entry')}/${rkey}`, account }) as ExportSource

let above: string
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'frost-exports-'))
})
afterEach(() => rm(above, { recursive: true }))

it('writes a file for each dataset, once, and none outside of its folder, whatever accounts are called', async () => {
  const folder = join(above, 'in')
  const files = new FolderOfExports(folder, 'json')
  await files.put(sourceOf('ada.example'), '{}')
  await files.put(sourceOf('ada.example'), '{}')
  expect(files.written).toBe(1)
  expect(await readFile(join(folder, 'ada.example', 'ice.json'), 'utf8')).toBe('{}\n')
  for (const name of ['..', '.', '../..', '/etc', 'a/../../b', '..\\..']) {
    await files.put(sourceOf(name), name)
    await files.put(sourceOf(undefined, name.replaceAll('/', '\\')), name)
    await files.put(sourceOf('ada.example', DID, name.replaceAll('/', '\\')), name)
  }
  expect(await readdir(above)).toEqual(['in'])
  const written = await readdir(folder, { recursive: true, withFileTypes: true })
  expect(written.filter(one => one.isFile() && one.parentPath === folder)).toEqual([])
})
