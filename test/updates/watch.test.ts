/** `frost watch`: a command runs for every update at least once, in order for a dataset, through kill -9 and failures. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch as watchFiles, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nsid } from '@frost/lexicon'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newAccount, type Stand, stand } from '../stand.ts'

const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))
const createdAt = '2026-01-01T00:00:00.000Z'

describe('frost watch', () => {
  let world: Stand
  let noaa: Awaited<ReturnType<typeof newAccount>>
  let folder: string
  const children = new Set<ChildProcess>()
  beforeAll(async () => {
    world = await stand()
    noaa = await newAccount(world.network, 'ocean')
  }, 60_000)
  afterAll(() => world?.[Symbol.asyncDispose]())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'frost-watch-'))
  })
  afterEach(async () => {
    await Promise.all([...children].map(child => kill(child)))
    rmSync(folder, { recursive: true, force: true })
  })

  async function put(rkey: string, title: string) {
    await noaa.agent.com.atproto.repo.putRecord({
      repo: noaa.did,
      collection: nsid('dataset.entry'),
      rkey,
      record: { $type: nsid('dataset.entry'), title, createdAt },
    })
  }
  const uri = (rkey: string) => `at://${noaa.did}/${nsid('dataset.entry')}/${rkey}`
  /** What was there before is not to be told of. */
  const indexed = (rkey: string) =>
    world.until(
      () => world.ask('dataset.getEntry', { uri: uri(rkey) }).catch(() => undefined),
      found => found !== undefined,
    )
  const log = () => join(folder, 'runs')
  const runs = () => (existsSync(log()) ? readFileSync(log(), 'utf8').split('\n').filter(Boolean) : [])

  /** The real command; resolves once it watches. */
  async function start(refs: readonly string[], exec: string, ...more: string[]): Promise<ChildProcess> {
    const child = spawn(process.execPath, [bin, 'watch', ...refs, '--exec', exec, ...more], {
      env: {
        ...process.env,
        NO_COLOR: '1',
        RUNS: log(),
        FOLDER: folder,
        FROST_CONFIG: join(folder, 'config'),
        FROST_PLC_URL: world.network.plcUrl,
        FROST_APPVIEW_URL: world.appview.url,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.add(child)
    await new Promise<void>((resolve, reject) => {
      let told = ''
      child.stderr!.on('data', chunk => {
        told += chunk
        if (told.includes('Watching')) resolve()
      })
      child.once('exit', () => reject(new Error(told)))
    })
    return child
  }
  async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL') {
    children.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
  /** Resolves once the commands have written as wanted. */
  async function until(wanted: (lines: readonly string[]) => boolean) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => wanted(runs()) && resolve()
    const watcher = watchFiles(folder, look)
    look()
    await promise
    watcher.close()
    return runs()
  }

  it('gives the update on standard input and in the environment, and ends cleanly', async () => {
    await put('one', 'One')
    await indexed('one')
    const child = await start(
      [uri('one')],
      'printf "%s %s %s\\n" "$FROST_UPDATE_ACTION" "$FROST_UPDATE_DATASET" "$(cat | grep -o "Two")" >> "$RUNS"',
    )
    await put('one', 'Two')
    expect(await until(lines => lines.length > 0)).toEqual([`update ${uri('one')} Two`])
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  it('runs a failing command again, before later updates of the same dataset', async () => {
    writeFileSync(join(folder, 'broken'), '')
    await put('f', 'state-0')
    await indexed('f')
    await start(
      [uri('f')],
      'title=$(grep -o "state-[0-9]"); if [ -e "$FOLDER/broken" ]; then echo "fail $title" >> "$RUNS"; exit 3; fi; echo "ok $title" >> "$RUNS"',
    )
    await put('f', 'state-1')
    await put('f', 'state-2')
    await until(lines => lines.length > 0)
    rmSync(join(folder, 'broken'))
    const lines = await until(all => all.includes('ok state-2'))
    expect(lines.filter(line => line.startsWith('ok'))).toEqual(['ok state-1', 'ok state-2'])
    expect(lines[0]).toBe('fail state-1')
  })

  it('misses nothing through kill -9 in the middle of a run, and while it was away', async () => {
    await put('k', 'state-0')
    await indexed('k')
    const command =
      'title=$(grep -o "state-[0-9]"); echo "begin $title" >> "$RUNS"; if [ -e "$FOLDER/hold" ]; then sleep 60; fi; echo "done $title" >> "$RUNS"'
    writeFileSync(join(folder, 'hold'), '')
    const first = await start([uri('k')], command)
    await put('k', 'state-1')
    await until(lines => lines.includes('begin state-1'))
    await kill(first)
    await put('k', 'state-2')
    rmSync(join(folder, 'hold'))
    await start([uri('k')], command)
    await put('k', 'state-3')
    const lines = await until(all => all.includes('done state-3'))
    expect(lines.filter(line => line.startsWith('done'))).toEqual([
      'done state-1',
      'done state-2',
      'done state-3',
    ])
  })

  it('refuses a second watcher of the same state, and references that do not go together', async () => {
    await put('twice', 'Twice')
    await start([uri('twice')], 'true')
    await expect(start([uri('twice')], 'true')).rejects.toThrow(/works from this state already/)
    await expect(start([uri('twice'), noaa.did], 'true')).rejects.toThrow(/a command each/)
  })
})
