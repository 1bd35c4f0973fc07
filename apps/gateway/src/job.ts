import type { Budget, SelectionRequest } from '@frost/reader'

/** Where a dataset lies, and which of its versions is meant. */
export interface Source {
  readonly location: string
  /** `branch:`, `tag:` or `snapshot:` and a name. */
  readonly pin?: string
  /** Of the object store, where it is not the cloud's own. */
  readonly endpoint?: string
  readonly region?: string
}

/** What a worker is asked to do. */
export type Job =
  | { readonly kind: 'describe'; readonly source: Source }
  | {
      readonly kind: 'preview'
      readonly source: Source
      readonly request: SelectionRequest
      /** Values along the longer side, at most. */
      readonly side?: number
      /** Draws grids and images by this colour map, or by what fits, and leaves their values out. */
      readonly picture?: string
    }
  | {
      readonly kind: 'picture'
      readonly source: Source
      readonly request: SelectionRequest
      readonly side?: number
      readonly map?: string
    }
  | {
      /** What changed between two versions; `pin` is the later one. */
      readonly kind: 'diff'
      readonly source: Source & { readonly pin: string }
      readonly from: string
    }
  | {
      /** A page of what lies directly below a path of the location. */
      readonly kind: 'list'
      readonly source: Source
      readonly path: string
      /** Where the page before ended, as it said. */
      readonly cursor?: string
    }
  | {
      readonly kind: 'export'
      readonly source: Source
      readonly request: SelectionRequest
      readonly to: string
      readonly side?: number
      readonly map?: string
    }

/** What bounds every job. */
export interface Policy {
  readonly loopbackPorts: readonly number[]
  readonly refuse: readonly string[]
  readonly exportBudget: Budget
  /** Bytes that an export may have. */
  readonly exportBytes: number
}

/**
 * One read of the store that an answer rests on, with what tells whether it would be the same again: the object's ETag and size, a
 * digest of what came where there is no ETag, or that there is nothing.
 */
export interface Read {
  /** Of what the location refers to, its own address; undefined below the location itself. */
  readonly location?: string
  readonly path: string
  readonly state:
    | { readonly is: 'absent' }
    | { readonly is: 'tagged'; readonly etag: string; readonly size?: number }
    | { readonly is: 'object'; readonly digest: string }
    | { readonly is: 'listing'; readonly digest: string }
}

/** To a worker: do this. */
export interface RunOrder {
  readonly order: 'run'
  readonly job: Job
  readonly policy: Policy
  /** What an earlier answer rests on: where all of it is as it was, that answer still holds. */
  readonly known?: readonly Read[]
}

/** To a worker. */
export type Order = RunOrder | { readonly order: 'cancel' }

/** What a worker says before the bytes of an answer. */
export interface Head {
  /** Whether the earlier answer still holds; there are no bytes then. */
  readonly unchanged?: boolean
  readonly mediaType: string
  /** Whether the same will be answered for ever. */
  readonly immutable: boolean
  /** What the answer rests on; undefined where finding out whether it still holds costs as much as the answer. */
  readonly reads?: readonly Read[]
  /** Of an export. */
  readonly fileName?: string
}

/** Why a job has no answer. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}
