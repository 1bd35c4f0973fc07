import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from './errors.ts'

/** Where the client keeps its state and which services it talks to. */
export interface Settings {
  /** Folder of accounts, sessions and journals: `FROST_CONFIG`, else `$XDG_CONFIG_HOME/frost`, else `~/.config/frost`. */
  readonly configDir: string
  /** Origin of the AppView that answers queries. */
  readonly appviewUrl: string
  /** Origin of the PDS to sign in to, where it should not be looked up from the handle. */
  readonly service?: string
  /** Directory of did:plc, where `FROST_PLC_URL` names one. */
  readonly plcUrl?: string
  /** Origin of the site, for the addresses shown to people. */
  readonly siteUrl: string
  /** Ports of a network on this machine, where handles under `.test` live. */
  readonly localPlcUrl: string
  readonly localPdsUrl: string
}

/**
 * Reads settings from the environment; `overrides` (command-line options) win.
 * @throws UsageError if an address cannot be one; the message names the option or variable, its value and the remedy.
 */
export function settingsFromEnv(
  overrides: { appview?: string; service?: string } = {},
  env: NodeJS.ProcessEnv = process.env,
): Settings {
  const host = env.FROST_HOST || '127.0.0.1'
  const configHome = env.XDG_CONFIG_HOME || join(homedir(), '.config')
  const appview =
    origin('--appview', overrides.appview) ??
    origin('FROST_APPVIEW_URL', env.FROST_APPVIEW_URL) ??
    `http://${host}:${port('FROST_APPVIEW_PORT', env.FROST_APPVIEW_PORT, 4181)}`
  return {
    configDir: resolve(env.FROST_CONFIG || join(configHome, 'frost')),
    appviewUrl: appview,
    service: origin('--service', overrides.service) ?? origin('FROST_SERVICE', env.FROST_SERVICE),
    plcUrl: origin('FROST_PLC_URL', env.FROST_PLC_URL),
    siteUrl:
      origin('FROST_PUBLIC_URL', env.FROST_PUBLIC_URL) ??
      `http://${host}:${port('FROST_PORT', env.FROST_PORT, 4180)}`,
    localPlcUrl: `http://localhost:${port('FROST_PLC_PORT', env.FROST_PLC_PORT, 4183)}`,
    localPdsUrl: `http://localhost:${port('FROST_PDS_PORT', env.FROST_PDS_PORT, 4185)}`,
  }
}

/** True for an origin on this machine, where plain http is in order. */
export function isLoopback(url: string | URL): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** True for an address that requests may be sent to: https anywhere, plain http on this machine only. */
export function isUsableService(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(url))
}

function origin(name: string, text: string | undefined): string | undefined {
  if (!text) return undefined
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(spelled) || !/^https?:$/.test(new URL(spelled).protocol)) {
    throw new UsageError(
      `${name} is '${text}', which is no web address: write it as https://host or http://localhost:4185`,
    )
  }
  return new URL(spelled).origin
}

function port(name: string, text: string | undefined, otherwise: number): number {
  if (!text) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65535) {
    throw new UsageError(`${name} is '${text}': give a port from 0 to 65535, such as ${otherwise}`)
  }
  return value
}
