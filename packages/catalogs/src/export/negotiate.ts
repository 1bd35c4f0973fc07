/** Which form of a dataset a request asks for. https://www.rfc-editor.org/rfc/rfc9110#name-accept */
import { EXPORT_FORMATS, formatFacts } from './index.ts'

interface Wanted {
  readonly type: string
  readonly profile?: string
  readonly weight: number
}

/** `application/json` alone is the record; a profile tells forms apart that share a media type. */
const forms = EXPORT_FORMATS.map(format => ({ format, ...parsed(formatFacts(format).mediaType) }))

/**
 * @param accept header of a request
 * @returns a format, or undefined where the page itself will do
 */
export function formatFor(accept: string | undefined): string | undefined {
  if (!accept || accept.length > 1000) return undefined
  const wanted = accept
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map(parsed)
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
  for (const { type, profile } of wanted) {
    if (['text/html', 'application/xhtml+xml', 'text/*', '*/*'].includes(type)) return undefined
    const found =
      (profile &&
        forms.find(form => form.type === type && form.profile && profile.startsWith(form.profile))) ||
      forms.find(form => form.type === type && !form.profile)
    if (found) return found.format
  }
  return undefined
}

function parsed(text: string): Wanted {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim())
  const parameter = (name: string) =>
    parameters
      .find(one => one.toLowerCase().startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replace(/^"|"$/g, '')
  const weight = Number(parameter('q') ?? 1)
  const profile = parameter('profile')
  return {
    type: type.toLowerCase(),
    ...(profile && { profile }),
    weight: Number.isFinite(weight) ? weight : 0,
  }
}
