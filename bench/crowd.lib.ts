/** Many subscribers to updates in a process of their own, so that what they do is not done by who measures. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { nsid } from '@frost/lexicon'
import { WebSocket } from 'ws'

/** Sockets that are opened at the same time. */
const AT_ONCE = 50

export interface Crowd extends AsyncDisposable {
  /** How many updates each subscriber has heard: the fewest and the most. */
  heard(): Promise<{ readonly least: number; readonly most: number }>
}

/** Opens so many subscriptions to all datasets; resolves when all are there. */
export async function crowd(appview: string, subscribers: number): Promise<Crowd> {
  const child = fork(fileURLToPath(import.meta.url), [appview, String(subscribers)])
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the subscribers ended with ${code}`)
  })
  ended.catch(() => undefined)
  await Promise.race([once(child, 'message'), ended])
  return {
    async heard() {
      child.send('heard')
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [
        { least: number; most: number },
      ]
      return answer
    },
    async [Symbol.asyncDispose]() {
      await stop(child)
    },
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function serve(appview: string, subscribers: number): Promise<void> {
  const query = new URLSearchParams({ encoding: 'json', collection: nsid('dataset.entry') })
  const url = `${appview.replace(/^http/, 'ws')}/xrpc/${nsid('updates.subscribeUpdates')}?${query}`
  const counts = new Uint32Array(subscribers)
  const open = async (place: number) => {
    const socket = new WebSocket(url, { skipUTF8Validation: true })
    socket.on('message', () => counts[place]!++)
    socket.on('close', () => process.exit(1))
    await once(socket, 'open')
  }
  for (let place = 0; place < subscribers; place += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, subscribers - place) }, (_, more) => open(place + more)),
    )
  process.on('message', () =>
    process.send!({
      least: counts.reduce((a, b) => Math.min(a, b)),
      most: counts.reduce((a, b) => Math.max(a, b)),
    }),
  )
  process.on('disconnect', () => process.exit(0))
  process.send!('ready')
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url))
  await serve(process.argv[2]!, Number(process.argv[3]))
