import { fileURLToPath } from 'node:url'
import { ReaderError } from './errors.ts'
import { cleanUrl } from './guard/clean-url.ts'
import { createFetcher } from './guard/fetcher.ts'
import type { GuardSettings } from './guard/settings.ts'
import { httpObjects } from './objects/http.ts'
import { localObjects } from './objects/local.ts'
import { encodePath, joinPath } from './objects/paths.ts'
import type { Objects } from './objects.ts'

export interface LocationOptions extends GuardSettings {
  /** Whether files of this machine may be read: the command line says so, a server never. */
  readonly allowLocal?: boolean
}

/** Where a dataset lies, as objects. */
export function openObjects(location: string, options: LocationOptions = {}): Objects {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase()
  if (scheme === 'http' || scheme === 'https') {
    const base = URL.parse(location)
    if (!base) throw new ReaderError('InvalidSelection', `'${location}' is no URL`)
    return httpObjects({
      fetcher: createFetcher(options),
      name: cleanUrl(base),
      urlOf(path) {
        const url = new URL(base)
        if (path !== '') url.pathname = joinPath(url.pathname, encodePath(path))
        return url
      },
    })
  }
  if (!options.allowLocal) throw new ReaderError('Forbidden', `'${location}' is a file of this machine`)
  return localObjects(scheme === 'file' ? fileURLToPath(location) : location)
}
