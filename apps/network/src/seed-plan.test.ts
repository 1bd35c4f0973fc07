import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planSeed, readSeed, type SeedFile, type SeedTargets } from './seed-plan.ts'

const targets: SeedTargets = {
  authority: 'org.example',
  dids: new Map([
    ['ada', 'did:plc:ada'],
    ['lin', 'did:plc:lin'],
  ]),
  storeUrl: path => `http://localhost:1/${path}`,
}

function file(handle: string, records: SeedFile['records'], profile?: SeedFile['profile']): SeedFile {
  return { account: { handle, pds: 'icehub' }, records, ...(profile ? { profile } : {}) }
}

describe('planSeed', () => {
  it('replaces every placeholder and puts what is pinned first', async () => {
    const plan = await planSeed(
      [
        file('ada', [
          {
            collection: 'thing',
            rkey: 'second',
            record: {
              of: [{ $type: '@defs#ref', ref: { $seedRef: 'lin/thing/first' } }],
              seen: { $seed: 'ada/thing/second' },
              by: { $did: 'lin' },
              at: { $store: 'a/b.csv' },
            },
          },
        ]),
        file('lin', [{ collection: 'thing', rkey: 'first', record: { name: 'x' } }], { name: 'Lin' }),
      ],
      targets,
    )
    expect(plan).toHaveLength(2)
    expect([...plan[0]!.keys()]).toEqual(['lin'])
    const [first, profile] = plan[0]!.get('lin')!
    expect(first?.value).toEqual({ $type: 'org.example.thing', name: 'x' })
    expect(profile).toMatchObject({
      collection: 'org.example.actor.profile',
      rkey: 'self',
      value: { $type: 'org.example.actor.profile', name: 'Lin' },
    })
    expect(plan[1]!.get('ada')![0]!.value).toEqual({
      $type: 'org.example.thing',
      of: [
        {
          $type: 'org.example.defs#ref',
          ref: { uri: 'at://did:plc:lin/org.example.thing/first', cid: first!.cid },
        },
      ],
      seen: 'at://did:plc:ada/org.example.thing/second',
      by: 'did:plc:lin',
      at: 'http://localhost:1/a/b.csv',
    })
  })

  it.each([
    [
      'a reference without a target',
      [{ collection: 'thing', rkey: 'a', record: { r: { $seedRef: 'ada/thing/b' } } }],
      'ada/thing/b',
    ],
    [
      'a link without a target',
      [{ collection: 'thing', rkey: 'a', record: { r: { $seed: 'ada/thing/b' } } }],
      'no target',
    ],
    ['an unknown account', [{ collection: 'thing', rkey: 'a', record: { r: { $did: 'eve' } } }], 'eve'],
    [
      'a circle',
      [
        { collection: 'thing', rkey: 'a', record: { r: { $seedRef: 'ada/thing/b' } } },
        { collection: 'thing', rkey: 'b', record: { r: { $seedRef: 'ada/thing/a' } } },
      ],
      'ada/thing/a → ada/thing/b → ada/thing/a',
    ],
    [
      'two of the same',
      [
        { collection: 'thing', rkey: 'a', record: {} },
        { collection: 'thing', rkey: 'a', record: {} },
      ],
      'two of it',
    ],
  ])('refuses %s', async (_, records, message) => {
    await expect(planSeed([file('ada', records)], targets)).rejects.toThrow(message)
  })
})

describe('readSeed', () => {
  it.each([
    ['{', 'is not JSON'],
    ['{}', 'account must have'],
    ['{"account": {"handle": "other", "pds": "icehub"}, "records": []}', 'name of the file'],
    ['{"account": {"handle": "ada", "pds": "icehub"}}', 'records must be an array'],
    ['{"account": {"handle": "ada", "pds": "icehub"}, "records": [{}]}', 'records[0]'],
  ])('names the file and what is wrong with it: %s', async (content, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'frost-seed-'))
    writeFileSync(join(folder, 'ada.json'), content)
    const reading = readSeed(folder)
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toThrow('ada.json')
    rmSync(folder, { recursive: true })
  })
})
