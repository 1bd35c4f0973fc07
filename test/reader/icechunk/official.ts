import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

/**
 * The official library, installed beside this file on first use: its native build wants a newer C library, and npm takes the
 * WebAssembly one only where it is told that this is the machine's processor. Undefined, and said so, where that fails.
 */
export function officialIcechunk(): Official | undefined {
  try {
    if (!existsSync(join(folder, 'node_modules'))) install()
    process.env.NAPI_RS_FORCE_WASI = '1'
    return createRequire(join(folder, 'package.json'))('@earthmover/icechunk') as Official
  } catch (error) {
    console.warn(
      `skipped what needs the official Icechunk library: ${(error as Error).message.split('\n')[0]}`,
    )
    return undefined
  }
}

/** Apart, then moved here at once: test files that run side by side find all of it or nothing. */
function install(): void {
  mkdirSync(join(folder, 'dist'), { recursive: true })
  const apart = mkdtempSync(join(folder, 'dist', 'install-'))
  try {
    for (const name of ['package.json', 'package-lock.json'])
      copyFileSync(join(folder, name), join(apart, name))
    execFileSync('npm', ['ci', '--cpu=wasm32', '--no-audit', '--no-fund'], { cwd: apart, stdio: 'ignore' })
    renameSync(join(apart, 'node_modules'), join(folder, 'node_modules'))
  } catch (error) {
    if (!existsSync(join(folder, 'node_modules'))) throw error
  } finally {
    rmSync(apart, { recursive: true, force: true })
  }
}

/** What of it the tests use. */
export interface Official {
  readonly Repository: {
    create(storage: unknown, config?: unknown, specVersion?: number): Promise<OfficialRepository>
    open(storage: unknown, config?: unknown): Promise<OfficialRepository>
  }
  readonly Storage: { newCustom(backend: unknown): unknown }
}

export interface OfficialRepository {
  readonlySession(options: {
    branch?: string
    tag?: string
    snapshotId?: string
  }): Promise<{ readonly store: OfficialStore }>
  writableSession(branch: string): Promise<{
    readonly store: OfficialStore
    commit(message: string): Promise<string>
    moveNode(from: string, to: string): Promise<void>
  }>
  createBranch(name: string, snapshotId: string): Promise<void>
  createTag(name: string, snapshotId: string): Promise<void>
  deleteTag(name: string): Promise<void>
  deleteBranch(name: string): Promise<void>
  saveConfig(): Promise<void>
  ancestry(options: { branch?: string; tag?: string; snapshotId?: string }): Promise<
    readonly {
      readonly id: string
      readonly parentId?: string
      readonly message: string
      readonly writtenAt: string
    }[]
  >
  diff(options: { fromSnapshotId: string; toSnapshotId: string }): Promise<{
    readonly newGroups: readonly string[]
    readonly newArrays: readonly string[]
    readonly deletedGroups: readonly string[]
    readonly deletedArrays: readonly string[]
    readonly updatedGroups: readonly string[]
    readonly updatedArrays: readonly string[]
    readonly updatedChunks: Readonly<Record<string, readonly unknown[]>>
    readonly movedNodes: readonly { readonly from: string; readonly to: string }[]
  }>
}

export interface OfficialStore {
  get(key: string): Promise<Uint8Array | null>
  set(key: string, value: Buffer): Promise<void>
  delete(key: string): Promise<void>
  deleteDir(prefix: string): Promise<void>
  listPrefix(prefix: string): Promise<string[]>
}

/** A folder as the library's storage: it is given its callbacks' arguments after an error that is always null. */
export function folderStorage(official: Official, root: string): unknown {
  const place = (path: string) => join(root, path)
  const versionOf = (bytes: Uint8Array) => ({ etag: createHash('sha256').update(bytes).digest('hex') })
  const current = async (path: string) => {
    try {
      return await readFile(place(path))
    } catch {
      return undefined
    }
  }
  const missing = (path: string) => new Error(`ObjectNotFound: ${path}`)
  const put = async (path: string, data: Uint8Array, previous: { etag?: string } | undefined) => {
    const before = await current(path)
    if (previous?.etag !== undefined && (before === undefined || versionOf(before).etag !== previous.etag))
      return { kind: 'not_on_latest_version' }
    await mkdir(dirname(place(path)), { recursive: true })
    await writeFile(place(path), data)
    return { kind: 'updated', newVersion: versionOf(data) }
  }
  return official.Storage.newCustom({
    canWrite: async () => true,
    async getObjectRange(
      _: null,
      { path, rangeStart, rangeEnd }: { path: string; rangeStart?: number; rangeEnd?: number },
    ) {
      const bytes = await current(path)
      if (bytes === undefined) throw missing(path)
      return {
        data: Buffer.from(bytes.subarray(rangeStart ?? 0, rangeEnd ?? undefined)),
        version: versionOf(bytes),
      }
    },
    putObject: async (_: null, args: { path: string; data: Buffer; previousVersion?: { etag?: string } }) =>
      put(args.path, args.data, args.previousVersion),
    async copyObject(_: null, { from, to }: { from: string; to: string }) {
      await mkdir(dirname(place(to)), { recursive: true })
      await copyFile(place(from), place(to))
      return { kind: 'updated', newVersion: versionOf(await readFile(place(to))) }
    },
    async listObjects(_: null, prefix: string) {
      const top = place(prefix)
      if (!existsSync(top)) return []
      const entries = await readdir(top, { recursive: true, withFileTypes: true })
      return Promise.all(
        entries
          .filter(entry => entry.isFile())
          .map(async entry => {
            const path = join(entry.parentPath, entry.name)
            const { size, mtime } = await stat(path)
            return { id: relative(top, path), createdAt: mtime, sizeBytes: size }
          }),
      )
    },
    async deleteBatch(_: null, { prefix, batch }: { prefix: string; batch: { id: string; size: number }[] }) {
      for (const { id } of batch) await rm(place(join(prefix, id)), { force: true })
      return { deletedObjects: batch.length, deletedBytes: batch.reduce((sum, { size }) => sum + size, 0) }
    },
    getObjectLastModified: async (_: null, path: string) => (await stat(place(path))).mtime,
    async getObjectConditional(
      _: null,
      { path, previousVersion }: { path: string; previousVersion?: { etag?: string } },
    ) {
      const bytes = await current(path)
      if (bytes === undefined) throw missing(path)
      const version = versionOf(bytes)
      return version.etag === previousVersion?.etag
        ? { kind: 'on_latest_version' }
        : { kind: 'modified', data: bytes, newVersion: version }
    },
  })
}
