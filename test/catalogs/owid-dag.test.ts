import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nsid, toRecordKey } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { type Stand, stand } from '../stand.ts'
import { Carrier } from './carry.ts'

const path = sharedPath('corpora', 'owid-dag')

describe.skipIf(path === undefined)('the derivation graph of Our World in Data, carried over', () => {
  let world: Stand
  let carrier: Awaited<ReturnType<typeof Carrier.open>>
  const graph = path === undefined ? new Map<string, Set<string>>() : graphOf(path)
  beforeAll(async () => {
    world = await stand()
    carrier = await Carrier.open(world)
  })
  afterAll(async () => {
    await carrier?.[Symbol.asyncDispose]()
    await world?.[Symbol.asyncDispose]()
  })

  it('writes every step as a version of a dataset or as a living one', { timeout: 300_000 }, async () => {
    const { report } = await carrier.carry('owid-dag', path!)
    // Two steps stand outside of `steps` in the source, which is no mistake of ours.
    expect(report.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/stands outside 'steps' in archive\/migrated.yml/),
      expect.stringMatching(/stands outside 'steps' in archive\/migrated.yml/),
    ])
    const own = [...graph.keys()].filter(step => !isForeign(step))
    const datasets = new Set(own.map(datasetOf))
    const versions = own.filter(step => labelOf(step) !== undefined)
    expect(own.length).toBeGreaterThan(8000)
    const { counts } = await world.until(
      () => world.appview.services.index.status(),
      status => status.counts[nsid('dataset.version')] === versions.length,
    )
    expect(counts[nsid('dataset.entry')]).toBe(datasets.size)
  })

  it('has the closures, upstream and downstream, that the source has', { timeout: 300_000 }, async () => {
    const { graph: lineage } = world.appview.services.index
    await lineage.caughtUp()
    const did = await ownerDid(world)
    const upstream = new Map<string, Set<string>>()
    for (const [step, sources] of graph)
      for (const source of sources) link(upstream, datasetOf(step), datasetOf(source))
    const downstream = new Map<string, Set<string>>()
    for (const [made, sources] of upstream) for (const source of sources) link(downstream, source, made)
    for (const node of new Set([...graph.keys()].map(datasetOf))) {
      const walk = { from: keyOf(node, did), bits: 0b111, limit: 100_000 }
      for (const [way, arcs] of [
        ['upstream', upstream],
        ['downstream', downstream],
      ] as const) {
        const { reached, truncated } = lineage.closure(walk, way, 1000)
        expect(truncated).toBe(false)
        const found = new Set(reached.map(each => lineage.name(each.node)))
        found.delete(walk.from)
        const wanted = new Set([...closure(arcs, node)].map(each => keyOf(each, did)))
        expect(found, `${way} of ${node}`).toEqual(wanted)
      }
    }
  })

  it('has each version made from exactly the versions that the source names', {
    timeout: 120_000,
  }, async () => {
    const did = await ownerDid(world)
    const { database } = world.appview.services.index
    const rows = await database
      .selectFrom('record')
      .select(['uri', 'cid', 'json'])
      .where('collection', '=', nsid('dataset.version'))
      .execute()
    const cids = new Map(rows.map(({ uri, cid }) => [uri, cid]))
    const steps = new Map(
      rows.map(({ uri, json }) => {
        const { dataset, version } = JSON.parse(json) as { dataset: string; version: string }
        return [uri, `${dataset.split('/').at(-1)} ${version}`]
      }),
    )
    const key = (step: string) =>
      labelOf(step) === undefined ? keyOf(datasetOf(step), did) : `${datasetOf(step)} ${labelOf(step)}`
    const wanted = new Map<string, Set<string>>()
    for (const [step, sources] of graph)
      if (!isForeign(step) && labelOf(step) !== undefined)
        wanted.set(key(step), new Set([...sources].map(key)))
    const found = new Map<string, Set<string>>()
    for (const { uri, json } of rows) {
      const { derivedFrom = [] } = JSON.parse(json) as {
        derivedFrom?: { ref: { uri: string; cid?: string } }[]
      }
      for (const { ref } of derivedFrom) if (steps.has(ref.uri)) expect(ref.cid).toBe(cids.get(ref.uri))
      found.set(steps.get(uri)!, new Set(derivedFrom.map(({ ref }) => steps.get(ref.uri) ?? ref.uri)))
    }
    expect(found).toEqual(wanted)
  })

  it('is answered by name, and a second import writes nothing', { timeout: 300_000 }, async () => {
    const id = `at://${await ownerDid(world)}/${nsid('dataset.entry')}/garden.regions.regions`
    const { steps, truncated } = await world.ask<{
      steps: { id: string; title: string }[]
      truncated: boolean
    }>('graph.getImpact', { id, limit: '10000' })
    expect(truncated).toBe(false)
    expect(steps.length).toBeGreaterThan(500)
    expect(steps.map(({ title }) => title)).toContain('faostat fs (garden)')
    const { report } = await carrier.carry('owid-dag', path!)
    expect(report).toMatchObject({ created: 0, updated: 0, points: 0 })
  })
})

/** Steps and what they are made from, read line by line from their indentation: another reader than the importer's. */
function graphOf(folder: string): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>()
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.yml'),
  )
  for (const file of files) {
    let parents: { indent: number; step: string }[] = []
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const [, before, scheme, rest] = /^([ ?-]*)([a-z]+)(?:-private)?:\/\/([^\s:]+)/.exec(line) ?? []
      const indent = before?.length ?? 0
      if (scheme === undefined) continue
      parents = parents.filter(parent => parent.indent < indent)
      if (indent === 0 || (parents[0]?.indent ?? indent) === 0) {
        // Outside of `steps`.
        parents = [{ indent: 0, step: '' }]
        continue
      }
      const step = `${scheme}://${rest}`
      if (!graph.has(step)) graph.set(step, new Set())
      const parent = parents.at(-1)
      if (parent) graph.get(parent.step)!.add(step)
      parents.push({ indent, step })
    }
  }
  return graph
}

const isForeign = (step: string) => /^(?:github|etag):/.test(step)

function labelOf(step: string): string | undefined {
  const label = step.split('/').at(-2)!
  return /^\d{4}(-\d\d-\d\d)?$/.test(label) ? label : undefined
}

/** A step without its version: the dataset, or the address of what is somebody else's. */
function datasetOf(step: string): string {
  const [scheme, rest] = step.split('://') as [string, string]
  if (scheme === 'github') return `https://github.com/${rest}`
  if (scheme === 'etag') return `https://${rest}`
  const parts = rest.split('/')
  parts.splice(-2, 1)
  return toRecordKey((scheme === 'data' ? parts : [scheme, ...parts]).join('.'))
}

function keyOf(dataset: string, did: string): string {
  return dataset.startsWith('https://') ? dataset : `at://${did}/${nsid('dataset.entry')}/${dataset}`
}

async function ownerDid(world: Stand): Promise<string> {
  const { database } = world.appview.services.index
  const { did } = await database.selectFrom('record').select('did').limit(1).executeTakeFirstOrThrow()
  return did
}

function link(arcs: Map<string, Set<string>>, from: string, to: string): void {
  if (from === to) return
  const held = arcs.get(from)
  if (held) held.add(to)
  else arcs.set(from, new Set([to]))
}

function closure(arcs: ReadonlyMap<string, ReadonlySet<string>>, start: string): Set<string> {
  const found = new Set([start])
  for (const node of found) for (const next of arcs.get(node) ?? []) found.add(next)
  found.delete(start)
  return found
}
