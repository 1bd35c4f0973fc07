/** People and institutions as catalogues write them. */
import { cut, linksIn, plainText } from './text.ts'

export interface Agent {
  readonly name: string
  readonly nameType?: 'Personal' | 'Organizational'
  readonly url?: string
  readonly email?: string
  readonly roles?: readonly { readonly name: string }[]
  readonly identifiers?: readonly { readonly scheme: string; readonly value: string }[]
}

/** An agent with its identifiers read from its address: ORCID, ROR, GitHub. Undefined without a name. */
export function agentOf(
  name: string | undefined,
  more: Omit<Agent, 'name' | 'identifiers'> = {},
): Agent | undefined {
  const plain = name === undefined ? '' : cut(plainText(name), 512)
  if (plain === '') return undefined
  const identifiers = more.url ? identifiersIn(more.url) : []
  return { name: plain, ...more, ...(identifiers.length > 0 && { identifiers }) }
}

function identifiersIn(url: string): { scheme: string; value: string }[] {
  const orcid = /orcid\.org\/(\d{4}-\d{4}-\d{4}-\d{3}[\dX])/i.exec(url)?.[1]
  const ror = /ror\.org\/(0[a-z0-9]{8})/i.exec(url)?.[1]
  const github = /^https?:\/\/github\.com\/([A-Za-z0-9-]+)\/?$/.exec(url)?.[1]
  return [
    ...(orcid ? [{ scheme: 'orcid', value: orcid }] : []),
    ...(ror ? [{ scheme: 'ror', value: `https://ror.org/${ror}` }] : []),
    ...(github ? [{ scheme: 'github', value: github }] : []),
  ]
}

/**
 * Who a sentence such as `[NOAA](https://noaa.gov) and [USGS](https://usgs.gov)` names: its links, or the sentence as one name.
 */
export function agentsIn(sentence: string, more: Omit<Agent, 'name' | 'url'> = {}): Agent[] {
  const named = linksIn(sentence).filter(({ label }) => label !== '')
  const agents = named.flatMap(({ label, url }) => agentOf(label, { ...more, url }) ?? [])
  if (agents.length > 0) return agents
  return [agentOf(sentence.replace(/https?:\/\/\S+/g, ''), { ...more, ...firstUrl(sentence) })].filter(
    agent => agent !== undefined,
  )
}

/** The authors that a text such as `Ada Lovelace, Charles Babbage and Mary Somerville` lists; one name where it is no such list. */
export function authorsIn(text: string, url?: string): Agent[] {
  const plain = plainText(text)
  const parts = plain.split(/\s*;\s*|\s*,\s*(?:and\s+)?|\s+and\s+|\s+&\s+/).filter(Boolean)
  const isList = parts.length > 1 && parts.every(part => PERSON.test(part))
  const names = isList ? parts.slice(0, 50) : [plain]
  return names.flatMap(name => agentOf(name, names.length === 1 && url ? { url } : {}) ?? [])
}

/** Two to five words that begin with capitals, with initials and particles between them. */
const PERSON =
  /^\p{Lu}[\p{L}.'’-]*(?:\s+(?:\p{Lu}[\p{L}.'’-]*|van|von|der|den|de|da|dos|del|di|la|le|bin|al)){1,4}$/u

function firstUrl(text: string): { url?: string } {
  const [link] = linksIn(text)
  return link ? { url: link.url } : {}
}

const OFFICES =
  /^(?:.*[._-])?(?:info|help|helpdesk|support|contact|data|opendata|open|team|service|services|admin|office|desk|hello|feedback|questions|inquiries|enquiries|dataset|datasets|nodd|ncei|research|science|user|users|cloud|archive|library|mail|community|outreach|webmaster|registry|curators?|project|aws|noreply)(?:[._-].*)?$/i

/** True for the address of an office; a person's own address is not carried into public records. */
export function isOfficeAddress(email: string): boolean {
  return OFFICES.test(email.split('@')[0] ?? '')
}

/** The contact that a text gives: an office's address, a page, or a name; nothing for a person's own address. */
export function contactOf(text: string): Agent | undefined {
  const email = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(text)?.[0]
  const [link] = linksIn(text)
  const words = plainText(text)
    .replace(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '')
    .replace(/https?:\/\/\S+/g, '')
    .replace(/^[\s,;:()<>-]+|[\s,;:()<>-]+$/g, '')
  const office = email && isOfficeAddress(email) ? email : undefined
  const name =
    words.length > 1 && words.length <= 200
      ? words
      : (office ?? link?.url.replace(/^https?:\/\//, '').split('/')[0])
  if (!name || (!office && !link && email)) return undefined
  return agentOf(name, { ...(link && { url: link.url }), ...(office && { email: office }) })
}
