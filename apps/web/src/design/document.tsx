import { raw } from 'hono/html'
import type { FC, PropsWithChildren } from 'hono/jsx'

/** The root of whatever a browser opens; without the doctype it would lay it out as pages of last century were. */
export const Document: FC<PropsWithChildren> = ({ children }) => (
  <>
    {raw('<!DOCTYPE html>')}
    <html lang="en">{children}</html>
  </>
)
