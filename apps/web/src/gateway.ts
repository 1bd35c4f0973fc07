import { withoutEnd } from '@frost/lexicon'
import type {
  ColourScale,
  Description,
  GridPreview,
  ImagePreview,
  LinePreview,
  TablePreview,
} from '@frost/reader'

/** Where data lies, as the gateway is told it. */
export interface Source {
  readonly url: string
  /** `branch:`, `tag:` or `snapshot:` and a name. */
  readonly pin?: string
  readonly endpoint?: string
  readonly region?: string
}

/** What of it is meant. */
export interface Selected {
  readonly var?: string
  readonly select?: string
  readonly where?: string
  readonly offset?: number
  readonly limit?: number
}

export interface DrawnPicture extends Partial<Omit<ColourScale, 'colour'>> {
  readonly mediaType: string
  readonly base64: string
  readonly width: number
  readonly height: number
}

export type DrawnGrid = Omit<GridPreview, 'values'> & { readonly picture: DrawnPicture }
export type DrawnImage = Omit<ImagePreview, 'pixels'> & { readonly picture: DrawnPicture }
export type DrawnPreview = DrawnGrid | DrawnImage | LinePreview | TablePreview

/** What lies in a folder; folders in it end with a slash. */
export interface Folder {
  readonly path: string
  readonly entries: readonly { readonly name: string; readonly size?: number; readonly modified?: string }[]
  readonly cursor?: string
}

export type Described = Description & { readonly exports?: readonly string[] }

/** The gateway's refusal, in its words: `OverBudget`, `NotFound`, `Unavailable`, … */
export class Unreadable extends Error {
  readonly error: string
  readonly details: Readonly<Record<string, unknown>>
  constructor(error: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.error = error
    this.details = details
  }
}

/** For whom the site asks. */
export interface Asker {
  /** Ends the request when they go. */
  readonly signal?: AbortSignal
  /** Theirs, by which the gateway counts what each may ask for. */
  readonly address?: string
}

/** Longer than the gateway itself lets a preview wait and take. */
const TIMEOUT_MILLISECONDS = 65_000

/** The site knows data only by what a gateway reads of it. */
export class Gateway {
  readonly url: string

  constructor(url: string) {
    this.url = withoutEnd(url, '/')
  }

  /** @throws {Unreadable} */
  describe(source: Source, asker: Asker = {}): Promise<Described> {
    return this.#ask('describe', { ...source }, asker)
  }

  /**
   * A part of the data: a table or a line as it is, a grid or an image drawn.
   * @param map a colour map, or `auto`; @param side pixels of the longer side
   * @throws {Unreadable}
   */
  preview(
    source: Source,
    selected: Selected,
    { map = 'auto', side = 512 }: { readonly map?: string; readonly side?: number },
    asker: Asker = {},
  ): Promise<DrawnPreview> {
    return this.#ask('preview.json', { ...source, ...selected, side, picture: map }, asker)
  }

  /**
   * A page of what lies directly below a path of the location.
   * @param path with a slash at its end; empty for the location itself
   * @throws {Unreadable}
   */
  list(
    { url, endpoint, region }: Source,
    { path = '', cursor }: { readonly path?: string; readonly cursor?: string },
    asker: Asker = {},
  ): Promise<Folder> {
    return this.#ask('list', { url, endpoint, region, path: path || undefined, cursor }, asker)
  }

  /** Address at which a browser takes the selection out in another format. */
  exportAddress(source: Source, selected: Selected, format: string): string {
    return `${this.url}/export?${queryOf({ ...source, ...selected, to: format })}`
  }

  async #ask<Answer>(
    path: string,
    params: Readonly<Record<string, string | number | undefined>>,
    { signal, address }: Asker,
  ): Promise<Answer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MILLISECONDS)
    let response: Response
    let body: unknown
    try {
      response = await fetch(`${this.url}/${path}?${queryOf(params)}`, {
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        ...(address && { headers: { 'X-Forwarded-For': address } }),
      })
      body = await response.json()
    } catch (error) {
      if (timeout.aborted) throw new Unreadable('Slow', 'reading took longer than a preview may')
      throw new Unreadable('GatewayAway', 'the service that reads data does not answer', { cause: error })
    }
    if (response.ok) return body as Answer
    const {
      error = 'Failed',
      message = `it answered ${response.status}`,
      details = {},
    } = body as {
      error?: string
      message?: string
      details?: Record<string, unknown>
    }
    throw new Unreadable(error, message, details)
  }
}

function queryOf(params: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, String(value))
  return String(query)
}
