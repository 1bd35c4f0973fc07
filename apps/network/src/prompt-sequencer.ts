import type { PDS } from '@atproto/pds'

interface Polling {
  triesWithNoResults: number
  destroyed: boolean
  exponentialBackoff(): Promise<void>
}

/** Longest wait between two looks at the database, in milliseconds; the stock PDS's own figure. */
const MAX_WAIT_MS = 1_000

/**
 * Lets a PDS's firehose send what was written at once. The stock sequencer polls its database and, when idle, looks only
 * once a second, since another process may have written; in the box every write passes through this very object.
 */
export function wakeOnWrite(sequencer: PDS['ctx']['sequencer']): void {
  const polling = sequencer as unknown as Polling
  let wake: (() => void) | undefined
  let written = false

  polling.exponentialBackoff = async () => {
    if (!written && !polling.destroyed) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, MAX_WAIT_MS)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wake = undefined
    }
    written = false
  }

  const sequenceEvents = sequencer.sequenceEvts.bind(sequencer)
  sequencer.sequenceEvts = async events => {
    const seqs = await sequenceEvents(events)
    written = true
    wake?.()
    return seqs
  }

  const destroy = sequencer.destroy.bind(sequencer)
  sequencer.destroy = () => {
    const done = destroy()
    wake?.()
    return done
  }
}
