import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'

/**
 * Gives every page an ETag of what it says, and whoever has it already is told so instead (https://www.rfc-editor.org/rfc/rfc9110#name-etag).
 * The text is taken before it is a Response: read back from there it would be copied twice and hashed on another thread.
 */
export const pageTags: MiddlewareHandler = async (c, next) => {
  const { html } = c
  const tagged = async (page: unknown, ...more: unknown[]) => {
    const text = String(await (page as { toString(): string | Promise<string> }).toString())
    if (c.req.method !== 'GET' || (typeof more[0] === 'number' && more[0] !== 200))
      return (html as (...all: unknown[]) => Response)(text, ...more)
    const tag = `"${createHash('sha1').update(text).digest('base64url')}"`
    c.header('ETag', tag)
    if (isKnown(c.req.header('If-None-Match'), tag)) return c.body(null, 304)
    return (html as (...all: unknown[]) => Response)(text, ...more)
  }
  c.html = tagged as typeof html
  await next()
}

const isKnown = (tags: string | undefined, tag: string): boolean =>
  tags?.split(',').some(one => one.trim().replace(/^W\//, '') === tag) ?? false
