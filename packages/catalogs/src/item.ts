/** What every importer gives: datasets of another catalogue as FROST's records. */

/** The JSON form of a record, with `$type`. */
export type RecordJson = Record<string, unknown> & { readonly $type: string }

export interface CatalogRecord {
  readonly rkey: string
  readonly record: RecordJson
}

/** The account that records will stand in: what they need in order to name one another. */
export interface Home {
  readonly did: string
  /** CID of a record of this import that was given before; undefined for any other. */
  cid(uri: string): string | undefined
}

export interface CatalogItem {
  /** Id in the source, or the name of the file where it could not be read. */
  readonly id: string
  /** Name of who publishes it, for an account per publisher. */
  readonly publisher?: string
  readonly records: readonly CatalogRecord[]
  /** Records that name others of their account, each made when those before it are known. They come after `records`. */
  readonly recordsIn?: (home: Home) => Iterable<CatalogRecord>
  /** Set where nothing can be made of it: which field, which value, what to do. */
  readonly problem?: string
}

/** One document of a source, as it was read. */
export interface SourceDocument {
  /** Path within the folder that was read, or the last part of the URL. */
  readonly name: string
  readonly text: string
  /** Public address of the document, where it was read from one. */
  readonly uri?: string
}

/** Turns one document into items. Throws {@link Unusable} where nothing can be made of it. */
export type Importer = (document: SourceDocument) => Iterable<CatalogItem>

/** Why a document or dataset cannot be carried over; the message names the field, its value and the remedy. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
  readonly id: string | undefined
  constructor(message: string, id?: string) {
    super(message)
    this.id = id
  }
}
