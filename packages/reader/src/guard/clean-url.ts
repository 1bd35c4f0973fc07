/** A URL for messages and logs: no credentials, and of its query (which may be signed) only that there is one. */
export function cleanUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search ? '?…' : ''}`
}
