import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import { action } from '../context.ts'
import { ask } from '../prompts.ts'
import { styled } from '../text.ts'

interface Options {
  appPassword?: string | boolean
  code?: string
  browser: boolean
}

export function configure(command: Command): void {
  command
    .argument('<handle>', 'handle (ada.example.org) or DID of the account')
    .option(
      '--app-password [password]',
      'sign in with an app password; asked for, or read from standard input',
    )
    .option('--code <code>', 'code of the second factor, where the PDS has sent one')
    .option('--no-browser', 'print the address to open, and open no browser')
    .addHelpText(
      'after',
      `
Without --app-password the browser opens for AT Protocol OAuth: FROST never sees your password and may write its own
records only. Where --app-password has no value it is read from FROST_APP_PASSWORD, the terminal or standard input.

Examples:
  $ frost login ada.example.org
  $ frost login ada.icehub.test --app-password
  $ echo "$PASSWORD" | frost login ada.icehub.test --service http://localhost:4185 --app-password`,
    )
    .action(
      action<Options>(async ({ settings, output }, { appPassword, code, browser }, handle = '') => {
        const { loginWithOAuth, loginWithPassword } = await import('@frost/client/session')
        let session: Awaited<ReturnType<typeof loginWithPassword>>
        if (appPassword) {
          const password =
            typeof appPassword === 'string'
              ? appPassword
              : process.env.FROST_APP_PASSWORD || (await ask(`Password for ${handle}: `, { hidden: true }))
          const askForCode = process.stdin.isTTY ? () => ask('Code from the e-mail: ') : undefined
          session = await loginWithPassword(handle, password, settings, code ? async () => code : askForCode)
        } else {
          const { scopesToAsk } = await import('@frost/client/scopes')
          const aborted = new AbortController()
          const abort = () => aborted.abort()
          process.once('SIGINT', abort).once('SIGTERM', abort)
          session = await loginWithOAuth(
            handle,
            await scopesToAsk(settings),
            settings,
            url => {
              output.note(`Open this address to sign in:\n${url}`)
              if (browser) openBrowser(url)
            },
            aborted.signal,
          )
          process.off('SIGINT', abort).off('SIGTERM', abort)
        }
        const { did, handle: name, pds, method } = session.account
        output.result(
          { did, handle: name, pds, method },
          () => `Signed in as ${styled('bold', name ?? did)} at ${pds}`,
        )
      }),
    )
}

/** Opens the person's browser where there is one; the address has been printed in any case. */
function openBrowser(url: URL): void {
  if (!/^https?:$/.test(url.protocol)) return
  const hasDisplay = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url.href]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url.href]
        : [process.env.BROWSER || 'xdg-open', url.href]
  if (!command || (!hasDisplay && !process.env.BROWSER)) return
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
