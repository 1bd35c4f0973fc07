/** Branches and what changed between snapshots, read from stores that other programs wrote, over HTTP. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BranchWatch, branchTip, openStore } from '@frost/client/store'
import { type ObjectStore, startObjectStore } from '@frost/network/object-store/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Serving, serving } from '../gateway/serving.ts'
import { sharedPath } from '../shared.ts'

const fixtures = sharedPath('fixtures', 'data')
const BUNNIES = {
  distribution: { id: 'table', uri: 'iceberg/hyperparam-iceberg/java/bunnies', format: 'iceberg' },
  earlier: '6458828015811002920',
}
const REPOSITORIES = ['v1', 'v2'].map(version => ({
  id: version,
  uri: `icechunk/test-repo-${version}`,
  format: 'icechunk',
}))

describe.skipIf(fixtures === undefined)('stores that keep their own versions', () => {
  let folder: string
  let store: ObjectStore
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-stores-'))
    await cp(fixtures!, folder, { recursive: true })
    store = await startObjectStore({ folder })
  })
  afterAll(async () => {
    await store?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const access = { allowLoopback: true }
  const at = <Place extends { readonly uri: string }>(place: Place) => ({
    ...place,
    uri: store.urlOf(place.uri),
  })

  it('tell the newest snapshot of a branch, as text, with its time', async () => {
    const { pin } = await branchTip(at(BUNNIES.distribution), 'main', access)
    const metadata = await readFile(
      join(folder, BUNNIES.distribution.uri, 'metadata/v5.metadata.json'),
      'utf8',
    )
    expect(pin).toMatchObject({ scheme: 'iceberg-snapshot', branch: 'main' })
    expect(metadata).toMatch(new RegExp(`"current-snapshot-id"\\s*:\\s*${pin.value}\\b`))
    expect(Date.parse(pin.committedAt!)).toBeGreaterThan(0)
    for (const repository of REPOSITORIES)
      expect((await branchTip(at(repository), 'my-branch', access)).pin).toMatchObject({
        scheme: 'icechunk-snapshot',
        value: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{20}$/),
        branch: 'my-branch',
      })
    await expect(branchTip(at(REPOSITORIES[0]!), 'nowhere', access)).rejects.toMatchObject({
      code: 'NotFound',
    })
  })

  it('say what changed, to the command line and to the gateway alike', async () => {
    await using gateway: Serving = await serving({ loopbackPorts: [store.port] })
    const table = at(BUNNIES.distribution)
    const { pin } = await branchTip(table, 'main', access)
    const [from, to] = [`snapshot:${BUNNIES.earlier}`, `snapshot:${pin.value}`]
    const dataset = await openStore(table, to, access)
    const here = await dataset.diff(from, to)
    await dataset.close()
    expect(here.added.length).toBeGreaterThan(0)
    const there = await gateway.ask('/diff.json', { url: table.uri, from, to })
    expect([there.status, there.json]).toEqual([200, JSON.parse(JSON.stringify(here))])
    expect(there.headers.get('cache-control')).toMatch(/immutable/)
    const moving = await gateway.ask('/diff.json', {
      url: at(REPOSITORIES[1]!).uri,
      from: 'tag:it works!',
      to: 'branch:my-branch',
    })
    expect(moving.json.added).toContain('group2')
    expect(moving.headers.get('cache-control')).not.toMatch(/immutable/)
    const missing = await gateway.ask('/diff.json', { url: table.uri, to })
    expect([missing.status, missing.json.message]).toEqual([400, expect.stringContaining('from= is missing')])
    const unknown = await gateway.ask('/diff.json', { url: table.uri, from: 'snapshot:1', to })
    expect(unknown.status).toBeGreaterThanOrEqual(400)
    expect(unknown.status).toBeLessThan(500)
  })

  it('are looked at again by one small read, as long as the branch stands', async () => {
    const moves = [
      [
        REPOSITORIES[0]!,
        'refs/branch.main/ref.json',
        await readFile(join(folder, REPOSITORIES[0]!.uri, 'refs/branch.my-branch/ref.json')),
      ],
      [REPOSITORIES[1]!],
      [BUNNIES.distribution, 'metadata/version-hint.text', '3'],
    ] as const
    for (const [distribution, pointer, moved] of moves) {
      const watch = new BranchWatch(at(distribution), 'main', access)
      const seen = await watch.look()
      expect(seen).toBeDefined()
      // Not settled: what was seen was not written yet.
      expect((await watch.look())?.tip).toEqual(seen!.tip)
      watch.settle(seen!.mark)
      const before = { ...store.served }
      expect(await watch.look()).toBeUndefined()
      expect(store.served.requests - before.requests).toBeLessThanOrEqual(2)
      expect(store.served.bytes - before.bytes).toBeLessThanOrEqual(500)
      if (pointer === undefined) continue
      await writeFile(join(folder, distribution.uri, pointer), moved)
      const after = await watch.look()
      expect(after?.tip.pin.value).toMatch(/./)
      expect(after!.tip.pin.value).not.toBe(seen!.tip.pin.value)
    }
  })
})
