/** What every importer gives: datasets of another catalogue as FROST's records. */

/** The JSON form of a record, with `$type`. */
export type RecordJson = Record<string, unknown> & { readonly $type: string }

export interface CatalogItem {
  /** Id in the source, or the name of the file where it could not be read. */
  readonly id: string
  /** Name of who publishes it, for an account per publisher. */
  readonly publisher?: string
  readonly records: readonly { readonly rkey: string; readonly record: RecordJson }[]
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
