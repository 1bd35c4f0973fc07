/**
 * Where to go after signing in: a path of this site, whatever a link says.
 * @returns the path with its query; `/` for anything that could lead elsewhere
 */
export function returnPath(text: string | undefined): string {
  if (!text || text.length > 2000 || !/^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(text)) return '/'
  const base = 'http://site.invalid'
  const url = URL.parse(text, base)
  if (!url || url.origin !== base) return '/'
  return url.pathname.startsWith('//') ? '/' : url.pathname + url.search
}
