#!/usr/bin/env node
// Plain JavaScript, because it may be started by an older Node: it hands over to the runtime that npm installed.
import { spawn } from 'node:child_process'
import * as modules from 'node:module'
import { dirname, join } from 'node:path'

if (Number(process.versions.node.split('.')[0]) >= 24) {
  modules.enableCompileCache?.()
  await import('../src/main.ts')
} else {
  handOver()
}

function handOver() {
  let runtime
  try {
    const folder = dirname(modules.createRequire(import.meta.url).resolve('node/package.json'))
    runtime = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    console.error(
      `frost: Node ${process.version} is too old and its own runtime is missing: run 'npm install'`,
    )
    process.exit(1)
  }
  const child = spawn(runtime, [...process.execArgv, process.argv[1], ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    console.error(`frost: ${runtime} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}
