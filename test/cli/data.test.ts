/** Data where it lies, from the command line: files of the npm package vega-datasets, from disk and from a real object store. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Frost, frostFor } from './run-frost.ts'

const samples = fileURLToPath(new URL('../../node_modules/vega-datasets/data', import.meta.url))
const sample = (name: string) => join(samples, name)
const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))

describe('data from the command line', () => {
  let network: Awaited<ReturnType<typeof testNetwork>>
  let account: Awaited<ReturnType<typeof network.createAccount>>
  let frost: Frost
  let folder: string
  beforeAll(async () => {
    network = await testNetwork({ mounts: { samples } })
    account = await network.createAccount({ handle: 'ada-d.icehub.test' })
    frost = frostFor({ plcUrl: network.plcUrl, service: account.service })
    folder = await mkdtemp(join(tmpdir(), 'frost-data-'))
  })
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('describes a table: columns with types, rows, what was read', async () => {
    const { json, status } = await frost(['describe', sample('flights-3m.parquet'), '--json'])
    expect(status).toBe(0)
    const { format, table, cost } = json as never as {
      format: string
      table: { rows: number; columns: { name: string; type: string }[] }
      cost: { requests: number; bytes: number }
    }
    expect(format).toBe('parquet')
    expect(table.rows).toBe(3_000_000)
    expect(table.columns.map(({ name }) => name)).toContain('delay')
    expect(cost.requests).toBeLessThanOrEqual(10)
    expect(cost.bytes).toBeLessThanOrEqual(150_000)
  })

  it('previews rows that a condition chooses, in a table for people', async () => {
    const { stdout } = await frost([
      'preview',
      sample('airports.csv'),
      '--columns',
      'iata,state',
      '--where',
      "state = 'NY'",
      '--limit',
      '2',
    ])
    expect(stdout.split('\n').slice(0, 4)).toEqual(['iata  state', '────  ─────', '01G   NY', '06N   NY'])
  })

  it('writes another format, which reads back the same', async () => {
    const path = join(folder, 'airports.parquet')
    expect((await frost(['get', sample('airports.csv'), '--to', 'parquet', '-o', path])).status).toBe(0)
    const rows = async (from: string) =>
      (await frost(['get', from, '--to', 'ndjson', '-o', '-'])).stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
    expect(await rows(path)).toEqual(await rows(sample('airports.csv')))
    const again = await frost(['get', sample('airports.csv'), '--to', 'parquet', '-o', path])
    expect([again.status, again.stderr]).toEqual([1, expect.stringMatching(/exists already.*--force/)])
  })

  it('goes on with an export that was killed, and ends with the same bytes', {
    timeout: 120_000,
  }, async () => {
    const whole = join(folder, 'whole.csv')
    const killed = join(folder, 'killed.csv')
    const args = ['get', sample('flights-3m.parquet'), '--to', 'csv', '--columns', 'delay,distance']
    await frost([...args, '-o', whole])
    const child = spawn(process.execPath, [bin, ...args, '-o', killed], { stdio: 'ignore' })
    const gone = once(child, 'exit')
    await Promise.race([appearance(folder, 'killed.csv.part.json'), gone])
    child.kill('SIGKILL')
    await gone
    expect(existsSync(killed)).toBe(false)
    const { stderr } = await frost([...args, '-o', killed])
    expect(stderr).toMatch(/Going on after \d+ rows/)
    expect(await digest(killed)).toBe(await digest(whole))
  })

  it('says what it cannot do, with the field, the value and the remedy', async () => {
    const refused = async (...args: string[]) => {
      const { status, stderr } = await frost(args)
      return `${status} ${stderr.trim()}`
    }
    expect(await refused('get', sample('airports.csv'), '--to', 'netcdf', '-o', '-')).toMatch(
      /^2 frost: --to is 'netcdf': .*parquet, csv/s,
    )
    expect(await refused('preview', sample('airports.csv'), '--columns', 'nope')).toMatch(/nope.*iata/s)
    expect(await refused('describe', sample('ffox.png'))).toMatch(/^1 frost: .*ffox\.png/)
    expect(await refused('describe', join(folder, 'nothing.csv'))).toMatch(/^1 frost: .*nothing\.csv/)
    expect(await refused('preview', sample('airports.csv'), '--limit', '0')).toMatch(
      /^2 frost: --limit is '0'/,
    )
  })

  it('fills a record from the data when publishing, and reads a published dataset by its name', async () => {
    await frost(['login', account.handle, '--app-password'], { input: `${account.password}\n` })
    const url = `${network.store.url}/samples/airports.csv`
    const published = await frost(['publish', url, '--title', 'Airports', '--license', 'CC0-1.0', '--json'])
    expect(published.stderr).toBe('')
    const ref = published.json.ref as string
    const shown = (await frost(['show', ref, '--json'])).json as never as {
      record: {
        models: { columns: { name: string }[] }[]
        distributions: { contentSize: string; format: string }[]
      }
    }
    expect(shown.record.models[0]!.columns.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['iata', 'latitude', 'longitude']),
    )
    expect(shown.record.distributions[0]).toMatchObject({ format: 'csv', contentSize: '210365' })
  })
})

/** Resolves when a file of that name is in the folder. */
async function appearance(folder: string, name: string): Promise<void> {
  const watcher = watch(folder)
  try {
    while (!existsSync(join(folder, name))) await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
