/** The story over HTTP, for the site that shows it: `GET /TOKEN/state`, `POST /TOKEN/play/ACT`. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Act, Story } from './story.ts'

const ACTS: ReadonlySet<string> = new Set(['release', 'kill', 'recover'])

export interface ControlServer extends AsyncDisposable {
  /** With the token that whoever asks must know. */
  readonly url: string
}

/** Listens before there is a story: the site is told the address when it starts. */
export async function startControlServer(
  story: () => Pick<Story, 'state' | 'play'> | undefined,
): Promise<ControlServer> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    const [, given = '', what, act = ''] = (request.url ?? '').split('?')[0]!.split('/')
    const known = story()
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (!isSame(given, token)) return answer(403, { error: 'Forbidden' })
    if (!known) return answer(503, { error: 'NotYet' })
    if (request.method === 'GET' && what === 'state') return answer(200, known.state)
    if (request.method !== 'POST' || what !== 'play' || !ACTS.has(act))
      return answer(404, { error: 'NotFound' })
    void known.play(act as Act)
    answer(202, known.state)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
