import { nsid } from '@frost/lexicon'
import { FrostError, UsageError } from '../errors.ts'

/** An update as `updates.subscribeUpdates` sends it in JSON. */
export interface Update {
  readonly seq: number
  readonly action: string
  readonly uri: string
  readonly did: string
  readonly time: string
  readonly cid?: string
  readonly record?: Readonly<Record<string, unknown>>
  readonly dataset?: string
}

/** What to hear of, as the parameters of `updates.subscribeUpdates`. */
export interface UpdateFilter {
  readonly dataset?: readonly string[]
  readonly actor?: readonly string[]
  readonly collection?: readonly string[]
  readonly downstreamOf?: readonly string[]
  readonly query?: string
}

export interface StreamOptions {
  readonly appviewUrl: string
  readonly filter: UpdateFilter
  /** Asked before every connection: where to go on. */
  readonly cursor: () => number
  readonly onUpdate: (update: Update) => void
  /** Told of what may pass by itself: a connection lost, a gap in the log. */
  readonly onTrouble?: (message: string) => void
  readonly signal: AbortSignal
}

/** Errors that no waiting mends. */
const FINAL: ReadonlySet<string> = new Set([
  'FutureCursor',
  'InvalidQuery',
  'InvalidRequest',
  'ActorNotFound',
])
const SHORTEST_WAIT = 250
const LONGEST_WAIT = 30_000
/** Milliseconds after which a connection that is open counts as one that works, though nothing came. */
const PROVEN = 5000

/**
 * Reads updates from an AppView until the signal says otherwise; a connection that breaks is made anew, after a wait that grows.
 * @throws FrostError FutureCursor, UsageError for a filter that the AppView refuses
 */
export async function streamUpdates(options: StreamOptions): Promise<void> {
  const { signal, onTrouble = () => {} } = options
  let failures = 0
  while (!signal.aborted) {
    const { worked, reason } = await connectOnce(options)
    if (signal.aborted) return
    failures = worked ? 0 : failures + 1
    const wait = Math.min(SHORTEST_WAIT * 2 ** failures, LONGEST_WAIT) * (0.5 + Math.random())
    onTrouble(`the stream of ${options.appviewUrl} ended (${reason}): again in ${(wait / 1000).toFixed(1)} s`)
    await pause(wait, signal)
  }
}

/** Reads one connection to its end. */
function connectOnce(options: StreamOptions): Promise<{ worked: boolean; reason: string }> {
  const { signal, onUpdate, onTrouble = () => {} } = options
  const socket = new WebSocket(streamUrl(options))
  let received = false
  let opened = Number.POSITIVE_INFINITY
  let failure = ''
  return new Promise((resolve, reject) => {
    const stop = () => socket.close()
    signal.addEventListener('abort', stop, { once: true })
    socket.addEventListener('open', () => {
      opened = performance.now()
    })
    socket.addEventListener('message', ({ data }) => {
      const message = parsed(data)
      if (!message) {
        failure = 'it sent what is no message'
        socket.close()
        return
      }
      if (message.error !== undefined) {
        failure = `${message.error}: ${message.message ?? ''}`
        if (FINAL.has(message.error)) reject(finalError(options.appviewUrl, message.error, message.message))
        return
      }
      received = true
      if (message.$type?.endsWith('#update')) {
        const { $type: _, ...update } = message
        onUpdate(update)
      } else if (message.name !== undefined) onTrouble(`${message.name}: ${message.message ?? ''}`)
    })
    // The reason of an error comes with the close that follows it.
    socket.addEventListener('error', () => {})
    socket.addEventListener('close', ({ code, reason }) => {
      signal.removeEventListener('abort', stop)
      const worked = received || performance.now() - opened > PROVEN
      resolve({ worked, reason: failure || reason || `code ${code}` })
    })
  })
}

type Message = Update & { $type?: string; error?: string; message?: string; name?: string }

function parsed(data: unknown): Message | undefined {
  try {
    const message: unknown = JSON.parse(String(data))
    return typeof message === 'object' && message !== null ? (message as Message) : undefined
  } catch {
    return undefined
  }
}

function finalError(appviewUrl: string, error: string, message = ''): Error {
  const told = `AppView ${appviewUrl}: ${message}`
  return error === 'FutureCursor' ? new FrostError(error, told) : new UsageError(told)
}

function streamUrl({ appviewUrl, filter, cursor }: StreamOptions): string {
  const query = new URLSearchParams({ encoding: 'json', cursor: String(cursor()) })
  for (const [name, value] of Object.entries(filter))
    for (const item of [value ?? []].flat()) query.append(name, item)
  return `${appviewUrl.replace(/^http/, 'ws').replace(/\/$/, '')}/xrpc/${nsid('updates.subscribeUpdates')}?${query}`
}

export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end, { once: true })
  })
}
