import type { Hono } from 'hono'
import type { SiteEnv } from '../session/viewer.ts'
import { ScenarioPage } from './page.tsx'
import { type Act, StoryTeller } from './story.ts'

const ACTS: ReadonlySet<string> = new Set(['release', 'kill', 'recover'])

/** The page of a demonstration that runs beside the site, and the buttons that drive it. */
export function scenarioRoutes(app: Hono<SiteEnv>, url: string): void {
  const teller = new StoryTeller(url)
  app.get('/scenario', async c => {
    c.header('Cache-Control', 'no-store')
    return c.html(<ScenarioPage state={await teller.state()} />)
  })
  app.post('/scenario/:act', async c => {
    const act = c.req.param('act')
    if (!ACTS.has(act)) return c.notFound()
    await teller.play(act as Act)
    return c.redirect('/scenario', 303)
  })
}
