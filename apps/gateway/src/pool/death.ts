import { ReaderError } from '@frost/reader'

/** How a worker ended. */
export interface Death {
  /**
   * `memory`, `disk`: it held more than it may; `time`: it did not stop when it was told to; `crash`: by itself; `protocol`: it said
   * what makes no sense; `closed`: it was no longer needed.
   */
  readonly cause: 'memory' | 'disk' | 'time' | 'crash' | 'protocol' | 'closed'
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it said last on standard error. */
  readonly lastWords: string
}

export interface Bounds {
  /** Of memory. */
  readonly bytes: number
  /** Bytes that it may write aside. */
  readonly disk: number
  readonly seconds: number
}

/** What a request is told whose job ended its worker. */
export function deathError(death: Death, { bytes, disk, seconds }: Bounds): ReaderError {
  const megabytes = Math.round(bytes / 1e6)
  const details = {
    cause: death.cause,
    endedWorker: death.cause !== 'closed',
    ...(death.signal ? { signal: death.signal } : {}),
  }
  switch (death.cause) {
    case 'memory':
      return new ReaderError(
        'Corrupt',
        `reading this needs more than the ${megabytes} MB of memory that one reader may hold: the data is corrupt, or its chunks are too large to be read here. Read it where it lies with frost get`,
        { ...details, bytes },
      )
    case 'disk':
      return tooLarge(disk)
    case 'time':
      return tooLong(seconds, details)
    case 'closed':
      return new ReaderError('Unavailable', 'the gateway stops: try again in a moment', details)
    default:
      return isOutOfHeap(death)
        ? deathError({ ...death, cause: 'memory' }, { bytes, disk, seconds })
        : new ReaderError(
            'Corrupt',
            `reading this ended the process that read it (${endOf(death)}): the data is probably corrupt. Nothing else was affected`,
            details,
          )
  }
}

export function tooLong(seconds: number, details: Readonly<Record<string, unknown>> = {}): ReaderError {
  return new ReaderError(
    'Unavailable',
    `reading this took longer than the ${seconds} s that it may: select less, or try again later`,
    { ...details, cause: 'time', seconds },
  )
}

export function tooLarge(bytes: number): ReaderError {
  return new ReaderError(
    'OverBudget',
    `the export is larger than the ${Math.round(bytes / 1e6)} MB that it may be: select less, or read it where it lies with frost get`,
    { bytes },
  )
}

/** V8 ends a process whose heap is full; the words are its own. */
function isOutOfHeap({ lastWords }: Death): boolean {
  return /heap out of memory|Array buffer allocation failed|OutOfMemory/i.test(lastWords)
}

function endOf({ signal, code }: Death): string {
  return signal ? `by ${signal}` : `with status ${code}`
}
