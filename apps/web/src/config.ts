import { resolve } from 'node:path'
import { isValidDid } from '@atproto/syntax'
import { isLoopback, type Settings, settingsFromEnv } from '@frost/client/settings'
import { withoutEnd } from '@frost/lexicon'
import { securityContacts } from './security-txt.ts'

/** A PDS that the sign-in page names. */
export interface Provider {
  readonly name: string
  readonly url: string
}

/** What the site needs to know; all of it may come from the environment. */
export interface WebConfig {
  readonly host: string
  readonly port: number
  /** Origin of the AppView that it reads. */
  readonly appviewUrl: string
  /** Origin of the gateway that previews and exports data; browsers ask it too. */
  readonly gatewayUrl: string
  /** Origin at which people reach the site. */
  readonly publicUrl: string
  /** Folder of its state: `web` below FROST_DATA. */
  readonly dataDir: string
  /** How accounts and their servers are found. */
  readonly settings: Settings
  /** Private key by which the site proves to authorization servers that it is itself: a JWK, a set of them, or PKCS #8. */
  readonly oauthKey?: string
  /** What seals the sessions that are stored. */
  readonly cookieSecret?: string
  readonly providers: readonly Provider[]
  /** DIDs of those who run the index: to them the site shows its pages for operators. The AppView must know them too. */
  readonly operators: readonly string[]
  /** Origin of DataCite's REST API, which knows DOIs of datasets. */
  readonly dataciteUrl: string
  /** Where a demonstration is driven that runs beside the site; none where absent. */
  readonly scenarioUrl?: string
  /** Whom to tell of a weakness, as `mailto:` or `https:` addresses; nobody is named where there is none. */
  readonly securityContacts: readonly string[]
  /** Origins of the registers that know people and institutions; none on a machine of one's own unless they are named. */
  readonly registers: { readonly orcid?: string; readonly ror?: string }
}

/** @throws Error that names the variable, its value and the remedy */
export function configFromEnv(env: NodeJS.ProcessEnv = process.env): WebConfig {
  const host = env.FROST_HOST || '127.0.0.1'
  const port = Number(env.FROST_PORT || 4180)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`FROST_PORT is '${env.FROST_PORT}': give a port between 0 and 65535, such as 4180`)
  }
  const publicUrl = env.FROST_PUBLIC_URL || `http://${host}:${port}`
  if (!/^https?:$/.test(URL.parse(publicUrl)?.protocol ?? '')) {
    throw new Error(
      `FROST_PUBLIC_URL is '${publicUrl}': give the address of the site, such as https://frost.example.org`,
    )
  }
  if (env.FROST_COOKIE_SECRET && env.FROST_COOKIE_SECRET.length < 32) {
    throw new Error(
      'FROST_COOKIE_SECRET is too short: give at least 32 random characters, as `openssl rand -base64 32` does',
    )
  }
  const isAtHome = isLoopback(publicUrl)
  const orcid = env.FROST_ORCID_URL ?? (isAtHome ? '' : 'https://pub.orcid.org')
  const ror = env.FROST_ROR_URL ?? (isAtHome ? '' : 'https://api.ror.org')
  return {
    host,
    port,
    appviewUrl: env.FROST_APPVIEW_URL || `http://127.0.0.1:${env.FROST_APPVIEW_PORT || 4181}`,
    gatewayUrl: env.FROST_GATEWAY_URL || `http://127.0.0.1:${env.FROST_GATEWAY_PORT || 4182}`,
    publicUrl: new URL(publicUrl).origin,
    dataDir: resolve(env.FROST_DATA || 'data', 'web'),
    settings: settingsFromEnv({}, env),
    ...(env.FROST_SCENARIO_URL && { scenarioUrl: env.FROST_SCENARIO_URL }),
    ...(env.FROST_OAUTH_KEY && { oauthKey: env.FROST_OAUTH_KEY }),
    ...(env.FROST_COOKIE_SECRET && { cookieSecret: env.FROST_COOKIE_SECRET }),
    providers: providersFrom(env.FROST_PROVIDERS),
    operators: operatorsFrom(env.FROST_OPERATORS),
    dataciteUrl: withoutEnd(env.FROST_DATACITE_URL || 'https://api.datacite.org', '/'),
    securityContacts: securityContacts(env.FROST_SECURITY_CONTACT),
    registers: { ...(orcid && { orcid }), ...(ror && { ror }) },
  }
}

/** True where the site is at home on one machine: plain http, and servers on this machine may be asked. */
export const isDevelopment = ({ publicUrl }: Pick<WebConfig, 'publicUrl'>): boolean => isLoopback(publicUrl)

function operatorsFrom(text = ''): string[] {
  const dids = text.split(/[\s,]+/).filter(Boolean)
  const wrong = dids.find(did => !isValidDid(did))
  if (wrong !== undefined)
    throw new Error(`FROST_OPERATORS has '${wrong}': give DIDs, such as did:plc:…, separated by commas`)
  return dids
}

function providersFrom(text: string | undefined): Provider[] {
  return (text ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map(item => {
      const [, name, url] = /^([^=\s]{1,40})=(https?:\/\/\S+)$/.exec(item) ?? []
      if (!name || !url || !URL.canParse(url))
        throw new Error(
          `FROST_PROVIDERS has '${item}': write each PDS as name=address, such as icehub=https://icehub.example.org`,
        )
      return { name, url: new URL(url).origin }
    })
}
