/** What the row of a document holds beside its text: where it is, of which time, and by what it is told that it has changed. */
import { hash } from 'node:crypto'
import { envelope, isBox, packBoxes, unpackBoxes } from './boxes.ts'
import type { Box, SearchDocument } from './engine.ts'

export interface StoredRow {
  readonly id: number
  readonly firstId: number
  readonly uri: string
  /** Where there are several. */
  readonly boxes: Buffer | null
  /** The one box, or the envelope of several. */
  readonly west: number | null
  readonly south: number | null
  readonly east: number | null
  readonly north: number | null
  readonly createdAt: number
  readonly used: number
}

/** What stands for a dataset now. */
export interface Held {
  readonly id: number
  readonly firstId: number
  readonly digest: Buffer
}

/** What a segment is made from. */
export interface IndexedRow {
  readonly id: number
  /** As {@link analyse} gives them. */
  readonly features: Uint32Array
  readonly tags: Int32Array
  readonly west: number | null
  readonly south: number | null
  readonly east: number | null
  readonly north: number | null
  readonly from: number | null
  readonly until: number | null
  readonly createdAt: number
  readonly used: number
}

export function boxesOf({ boxes, west, south, east, north }: StoredRow): Box[] {
  if (boxes) return unpackBoxes(boxes)
  if (west === null) return []
  // Stored unwrapped.
  return [{ west, south: south!, east: east! > 180 ? east! - 360 : east!, north: north! }]
}

/** The columns of a document, and its boxes packed where there are several. */
export function columnsOf(document: SearchDocument): {
  readonly boxes: Buffer | null
  readonly fields: Omit<IndexedRow, 'id' | 'features' | 'tags'>
} {
  const boxes = document.boxes.filter(isBox)
  const around = envelope(boxes)
  const times = document.from === undefined && document.until === undefined
  return {
    boxes: boxes.length > 1 ? packBoxes(boxes) : null,
    fields: {
      west: around?.west ?? null,
      south: around?.south ?? null,
      east: around?.east ?? null,
      north: around?.north ?? null,
      from: times ? null : finite(document.from ?? -open),
      until: times ? null : finite(document.until ?? open),
      createdAt: Number.isFinite(document.createdAt) ? document.createdAt : 0,
      used: Math.max(0, Math.min(2_147_483_647, Math.trunc(document.used) || 0)),
    },
  }
}

/** Two documents of the same content have the same. */
export function digestOf({ from, until, ...document }: SearchDocument): Buffer {
  // JSON has no infinity; an open end must differ from an unknown one.
  const text = JSON.stringify([document, String(from), String(until)])
  return hash('sha256', text, 'buffer').subarray(0, 16)
}

/** Stands for an open end in SQL; years of science stay far below. */
const open = 1e15

const finite = (year: number) => (Number.isNaN(year) ? 0 : Math.max(-open, Math.min(open, year)))
