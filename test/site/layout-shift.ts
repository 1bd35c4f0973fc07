import type { BrowserContext } from 'playwright-core'

/** Something that moved while nobody had touched the page: how far, as Chromium scores it, and what. */
export interface Shift {
  readonly value: number
  readonly what: readonly string[]
}

/** What is less nobody sees: a slow machine paints half a header for one picture. Up to 0.1 is called good (web.dev). */
export const SEEN = 0.001

interface ShiftEntry extends PerformanceEntry {
  readonly value: number
  readonly hadRecentInput: boolean
  readonly sources: readonly { readonly node?: Node }[]
}

/**
 * What moves on a page from its first picture until all that scripts bring is there, looked at from top to bottom.
 * https://web.dev/articles/cls
 */
export async function shiftsOf(
  context: BrowserContext,
  url: string,
  viewport: { readonly width: number; readonly height: number },
): Promise<Shift[]> {
  const page = await context.newPage()
  try {
    await page.setViewportSize(viewport)
    await page.addInitScript(() => {
      const shifts: { value: number; what: string[] }[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver(list => {
        for (const entry of list.getEntries() as unknown as ShiftEntry[])
          if (!entry.hadRecentInput)
            shifts.push({
              value: entry.value,
              what: entry.sources.map(({ node }) => {
                const one = node instanceof Element ? node : node?.parentElement
                return `${one?.localName}${one?.id ? `#${one.id}` : ''}.${one?.className ?? ''} ${one?.textContent?.trim().slice(0, 40)}`
              }),
            })
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(url)
    const settled = async () => {
      await page.waitForLoadState('networkidle')
      await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
      // A shift is told with the picture after it.
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    }
    await settled()
    for (;;) {
      const isAtEnd = await page.evaluate(() => {
        const before = scrollY
        scrollBy({ top: innerHeight * 0.7, behavior: 'instant' })
        return scrollY === before
      })
      await settled()
      if (isAtEnd) break
    }
    const shifts = await page.evaluate(
      () => (window as unknown as { shifts: { value: number; what: string[] }[] }).shifts,
    )
    return shifts.filter(({ value }) => value >= SEEN)
  } finally {
    await page.close()
  }
}
