/**
 * Where bytes come from: a tree of named objects, read whole or by range. HTTP, buckets and local folders implement it;
 * formats know nothing else of where a dataset lies.
 */
export interface Objects {
  /** How messages name it, without credentials. */
  readonly name: string
  /** The object of that path below the location (`''` is the location itself); undefined when there is none. */
  get(path: string, options?: ReadOptions): Promise<Uint8Array | undefined>
  /** Bytes `[start, end)`; a negative start counts from the end and goes to the end. Undefined when there is no object. */
  getRange(path: string, start: number, end?: number, options?: ReadOptions): Promise<Ranged | undefined>
  /**
   * Names directly below a path, folders with a trailing slash; undefined where the store cannot list.
   * @throws {ReaderError} `Forbidden` where this bucket does not let one list it, `OverBudget` beyond 100,000 names
   */
  list?(path: string, options?: ListOptions): Promise<readonly string[]>
  /**
   * One page of what lies directly below a path, with sizes and times, as the store pages it; undefined where the store cannot list.
   * Of stores alone: what wraps them for formats leaves it out.
   * @throws {ReaderError} `Forbidden` where this bucket does not let one list it
   */
  folder?(path: string, options?: ReadOptions & { readonly cursor?: string }): Promise<FolderPage>
  /**
   * How often the store refused so far where that may also mean that there is nothing (S3 without the right to list).
   * Such objects count as absent; where nothing at all is found, this tells why.
   */
  refusals?(): number
}

export interface ReadOptions {
  readonly signal?: AbortSignal
  /** Told of what travels while it does; an error that it throws ends the read. */
  readonly meter?: Meter
}

export interface ListOptions extends ReadOptions {
  /** Where there are so many names or more, those that come first are enough. */
  readonly most?: number
}

/** Counts what reads cost, repeated ones and those the store redirects included. */
export interface Meter {
  request(): void
  received(bytes: number): void
  /** Room for a read of so many bytes before it is made, where there is a bound; what comes of it is told to the reservation. */
  reserve?(bytes: number): Reservation
}

export interface Reservation extends Meter {
  /** At the end of the read, whatever came of it. */
  release(): void
}

export interface FolderPage {
  /** Folders end with a slash, and have neither size nor time. */
  readonly entries: readonly { readonly name: string; readonly size?: number; readonly modified?: string }[]
  /** Where the next page begins; absent at the end. */
  readonly next?: string
}

export interface Ranged {
  readonly bytes: Uint8Array
  /** Of the whole object, in bytes, where the store says it. */
  readonly size: number | undefined
  /** Changes when the object does. */
  readonly etag: string | undefined
}

/** What a read costs, before it is made. */
export interface Cost {
  readonly requests: number
  /** As they travel: compressed. */
  readonly bytes: number
}

/** What a read may cost. */
export type Budget = Cost

export const DESCRIBE_BUDGET: Budget = { requests: 64, bytes: 8_000_000 }
export const PREVIEW_BUDGET: Budget = { requests: 128, bytes: 16_000_000 }
