import type { Context } from 'hono'

const DAY_MILLISECONDS = 86_400_000
const VALID_DAYS = 180

/**
 * https://www.rfc-editor.org/rfc/rfc9116: whom to tell of a weakness. Whoever runs the site answers for it, so there is none
 * where they have named nobody.
 * @param contacts addresses, `mailto:` or `https:`
 */
export function securityTxt(c: Context, publicUrl: string, contacts: readonly string[], now = new Date()) {
  if (contacts.length === 0) return c.notFound()
  const day = Math.floor(now.getTime() / DAY_MILLISECONDS)
  const expires = new Date((day + VALID_DAYS) * DAY_MILLISECONDS).toISOString().replace('.000Z', 'Z')
  const lines = [
    ...contacts.map(contact => `Contact: ${contact}`),
    `Expires: ${expires}`,
    'Preferred-Languages: en',
    `Canonical: ${publicUrl}/.well-known/security.txt`,
  ]
  return c.text(`${lines.join('\n')}\n`, 200, { 'Cache-Control': 'public, max-age=86400' })
}

/** @throws Error that names the variable, its value and the remedy */
export function securityContacts(text = ''): string[] {
  const contacts = text.split(/[\s,]+/).filter(Boolean)
  const wrong = contacts.find(
    contact => !/^(?:mailto:[^@\s]+@\S+|https:\/\/\S+|tel:\+?[\d-]+)$/.test(contact),
  )
  if (wrong !== undefined)
    throw new Error(
      `FROST_SECURITY_CONTACT has '${wrong}': give addresses such as mailto:security@example.org or https://example.org/security`,
    )
  return contacts
}
