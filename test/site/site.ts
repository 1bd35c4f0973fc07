import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

const script = fileURLToPath(new URL('../../apps/web/src/main.ts', import.meta.url))

/**
 * The site as a process of its own, in front of an AppView; where no gateway is named, there is none.
 * @param env further settings; its state is gone with it unless FROST_DATA names a folder
 */
export async function startSite(
  appviewUrl: string,
  gatewayUrl = 'http://127.0.0.1:1',
  env: Readonly<Record<string, string>> = {},
): Promise<{ url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'frost-site-'))
  const loader = pathToFileURL(createRequire(script).resolve('tsx')).href
  const child: ChildProcess = spawn(process.execPath, ['--import', loader, script], {
    env: {
      ...process.env,
      FROST_PORT: '0',
      FROST_APPVIEW_URL: appviewUrl,
      FROST_GATEWAY_URL: gatewayUrl,
      FROST_DATA: folder,
      ...env,
      FROST_LOG_LEVEL: process.env.FROST_LOG_LEVEL ?? 'silent',
    },
    stdio: ['ignore', process.env.FROST_LOG_LEVEL ? 'inherit' : 'ignore', 'inherit', 'ipc'],
  })
  const [ready] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the site ended with ${code} before it was ready`)
    }),
  ])) as [{ url: string }]
  return {
    url: ready.url,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is on this machine; undefined, with a line that says so, where it is not. */
export function chromiumPath(): string | undefined {
  const path = process.env.CHROMIUM_PATH ?? places.find(existsSync)
  if (!path) console.warn('skipped what needs Chromium: it is not installed here')
  return path
}

export function startBrowser(executablePath: string, args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] })
}
