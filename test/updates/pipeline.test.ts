/** `frost pipeline`: a chain of datasets on two platforms settles by itself, exactly once a version, through kill -9. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { newAccount, type Stand, stand } from '../stand.ts'
import { Listening } from './listening.ts'

const bin = fileURLToPath(new URL('../../apps/cli/bin/frost.js', import.meta.url))
const VERSION = nsid('dataset.version')
const createdAt = '2026-01-01T00:00:00.000Z'

describe('frost pipeline', () => {
  let world: Stand
  let folder: string
  const children = new Set<ChildProcess>()
  beforeAll(async () => {
    world = await stand({
      network: { pdses: ['icebucket', 'icehub'].map(name => ({ name, domain: `${name}.test` })) },
    })
    folder = mkdtempSync(join(tmpdir(), 'frost-pipeline-test-'))
  }, 60_000)
  afterAll(async () => {
    await Promise.all([...children].map(child => kill(child)))
    await world?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** An account signed in on the command line, with an entry and, but for the first, a pipeline. */
  async function member(name: string, pds: string, upstream?: string) {
    const who = await newAccount(world.network, name, pds)
    const frost = frostFor({
      plcUrl: world.network.plcUrl,
      service: who.account.service,
      appviewUrl: world.appview.url,
    })
    const signedIn = await frost(['login', who.did, '--app-password'], { input: `${who.account.password}\n` })
    expect(signedIn.status).toBe(0)
    await who.agent.com.atproto.repo.putRecord({
      repo: who.did,
      collection: nsid('dataset.entry'),
      rkey: 'data',
      record: { $type: nsid('dataset.entry'), title: `Data of ${name}`, createdAt },
    })
    const home = join(folder, name)
    mkdirSync(home)
    if (upstream)
      writeFileSync(
        join(home, 'frost.pipeline.yaml'),
        [
          'dataset: data',
          `upstreams: ['${upstream}']`,
          // Notes the input, and says what it made by a digest that depends on it.
          `command: 'cat > input.json; echo "$FROST_PIPELINE_TAG" >> runs; printf "{\\"pins\\": [\\"digest:sha256:%s\\"]}" "$(sha256sum < input.json | cut -c1-64)" > "$FROST_PIPELINE_OUTPUT"'`,
          'code: https://example.org/code',
          'parameters: {baseline: 1991-2020, window: 30}',
        ].join('\n'),
      )
    return { ...who, frost, home, uri: `at://${who.did}/${nsid('dataset.entry')}/data` }
  }
  type Member = Awaited<ReturnType<typeof member>>

  async function watching(who: Member): Promise<ChildProcess> {
    const child = spawn(process.execPath, [bin, 'pipeline', 'watch'], {
      cwd: who.home,
      env: {
        ...process.env,
        NO_COLOR: '1',
        FROST_CONFIG: who.frost.configDir,
        FROST_PLC_URL: world.network.plcUrl,
        FROST_SERVICE: who.account.service,
        FROST_APPVIEW_URL: world.appview.url,
      },
      stdio: 'ignore',
    })
    children.add(child)
    return child
  }
  async function kill(child: ChildProcess) {
    children.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  async function versions({ agent, did }: Member) {
    const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection: VERSION, limit: 100 })
    return data.records.map(({ uri, value }) => ({ uri, ...(value as Record<string, never>) })) as {
      uri: string
      version: string
      derivedFrom: { ref: { uri: string; cid: string } }[]
      processes: { commit?: string; command: string; parameters: { name: string; value: string }[] }[]
      pins: object[]
    }[]
  }

  it('A → B → C → D over two platforms: each release upstream reaches the end once, whatever is killed', async () => {
    const a = await member('source', 'icebucket')
    const b = await member('second', 'icehub', a.uri)
    const c = await member('third', 'icebucket', b.uri)
    const d = await member('fourth', 'icehub', c.uri)
    const release = async (tag: string) => {
      const { status, stderr } = await a.frost([
        'release',
        'data',
        '--tag',
        tag,
        '--pin',
        `git-commit:${'abc1234'}${tag.at(-1)}`,
      ])
      expect(stderr).not.toMatch(/^frost:/m)
      expect(status).toBe(0)
    }
    await using heard = new Listening(world.appview.url, { actor: d.did, collection: VERSION })
    await heard.opened
    await release('v1')
    await Promise.all([watching(b), watching(d)])
    let third = await watching(c)
    await heard.until(({ record }) => record?.version === 'v1')
    // Killed at moments that nobody chose: while it sleeps, starts, runs or releases.
    for (const tag of ['v2', 'v3', 'v4']) {
      await kill(third)
      await release(tag)
      third = await watching(c)
    }
    await release('v5')
    await heard.until(({ record }) => record?.version === 'v5')
    for (const [who, upstream] of [
      [b, a],
      [c, b],
      [d, c],
    ] as const) {
      const made = await versions(who)
      const sources = await versions(upstream)
      expect(made.map(({ version }) => version).sort()).toEqual(['v1', 'v2', 'v3', 'v4', 'v5'])
      expect(new Set(made.flatMap(({ derivedFrom }) => derivedFrom.map(({ ref }) => ref.uri)))).toEqual(
        new Set(sources.map(({ uri }) => uri)),
      )
      expect(made.every(({ derivedFrom, pins }) => derivedFrom.length === 1 && pins.length === 1)).toBe(true)
    }
    const [last] = await versions(d)
    expect(last?.processes[0]).toMatchObject({
      kind: 'workflow',
      rerunsOnUpdate: true,
      code: { uri: 'https://example.org/code' },
      parameters: [
        { name: 'baseline', value: '1991-2020' },
        { name: 'window', value: '30' },
      ],
    })
  }, 240_000)

  it('run makes what is missing and ends; a second time there is nothing to do; a failing command loses nothing', async () => {
    const a = await member('origin', 'icebucket')
    const b = await member('derived', 'icehub', a.uri)
    const run = () => b.frost(['pipeline', 'run', join(b.home, 'frost.pipeline.yaml'), '--json'])
    expect((await run()).stderr).toMatch(/waits for a first version/)
    await a.frost(['release', 'data', '--tag', 'v1', '--pin', 'git-commit:abc1234'])
    const made = await run()
    expect(made.json).toMatchObject({ dataset: 'data', tag: 'v1' })
    expect((await run()).stderr).toMatch(/nothing upstream is newer/)
    expect(readFileSync(join(b.home, 'runs'), 'utf8')).toBe('v1\n')
    writeFileSync(
      join(b.home, 'frost.pipeline.yaml'),
      `dataset: data\nupstreams: ['${a.uri}']\ncommand: test -e ready\n`,
    )
    await a.frost(['release', 'data', '--tag', 'v2', '--pin', 'git-commit:abc1235'])
    const failed = await run()
    expect(failed.status).toBe(1)
    expect(failed.stderr).toMatch(/ended with status 1/)
    writeFileSync(join(b.home, 'ready'), '')
    expect((await run()).json).toMatchObject({ tag: 'v2' })
    expect(existsSync(join(b.home, 'ready'))).toBe(true)
    expect(await versions(b)).toHaveLength(2)
  }, 120_000)

  it.each([
    ['upstreams: [a/b]\ncommand: x', /dataset is missing/],
    ['dataset: x\ncommand: x', /upstreams is undefined: list 1 to 100/],
    ['dataset: x\nupstreams: [a/b]\ncommand: x\ncolour: blue', /'colour' is no field/],
    ['dataset: [', /is no YAML/],
    ['', /is empty/],
  ])('names what is wrong in a file: %j', async (text, message) => {
    const { readPipelines } = await import('@frost/client/pipeline/definition')
    const file = join(folder, 'wrong.yaml')
    writeFileSync(file, text)
    await expect(readPipelines(file)).rejects.toThrow(message)
  })
})
