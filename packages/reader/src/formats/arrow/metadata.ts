import { ReaderError } from '../../errors.ts'
import { type FlatTable, lengthOf } from './flatbuffer.ts'

/** Things (fields, pairs of metadata) that a message may describe, and how deep fields may lie within fields. */
const MAX_THINGS = 200_000
const MAX_DEPTH = 64
const MAX_TEXT = 64 * 1024 * 1024
/** Values of a dictionary, and those that may be told without a byte. */
const MAX_VALUES = 16 * 1024 * 1024
const MAX_NULLS = 4096
/** Type.Union of Schema.fbs. */
const UNION = 14

/**
 * Holds every list and text of a message's metadata against its bytes, before a decoder that believes their lengths sees them: a
 * count of two thousand million in a file of a kilobyte would end the process. Fields that are told over and over count each time.
 * Layout: Message.fbs and Schema.fbs of Apache Arrow.
 * @throws {ReaderError} `Corrupt`, `Unsupported`
 */
export function checkMetadata(message: FlatTable): void {
  const header = message.table(2)
  if (header === undefined) return
  const spent = { things: 0, text: 0 }
  const kind = message.uint8(1, 0)
  if (kind === 1) {
    for (const field of header.tables(1)) checkField(field, 0, spent)
    checkPairs(header, 2, spent)
  } else {
    const batch = kind === 2 ? header.table(1) : header
    const lengths = batch?.structs(1, 16, (view, at) => lengthOf(view.getBigInt64(at, true))) ?? []
    if (kind === 2) checkDictionary(lengths, batch?.table(3) === undefined, message.length(3))
    batch?.items(2, 16)
    batch?.items(4, 8)
  }
  checkPairs(message, 4, spent)
}

/** The decoder makes a list of a dictionary's values at once. A value takes a bit at the least, unless all are null. */
function checkDictionary(lengths: readonly number[], isPlain: boolean, body: number): void {
  for (const length of lengths) {
    if (isPlain && length > body * 8 && length > MAX_NULLS)
      throw new ReaderError('Corrupt', `an Arrow dictionary of ${length} values in ${body} bytes`)
    if (length > MAX_VALUES)
      throw new ReaderError('Unsupported', `an Arrow dictionary of ${length} values; ${MAX_VALUES} are read`)
  }
}

interface Spent {
  things: number
  text: number
}

function checkField(field: FlatTable, depth: number, spent: Spent): void {
  if (depth > MAX_DEPTH) throw new ReaderError('Unsupported', `Arrow types nested deeper than ${MAX_DEPTH}`)
  spend(spent, field.textBytes(0))
  if (field.uint8(2, 0) === UNION) field.table(3)?.items(1, 4)
  for (const child of field.tables(5)) checkField(child, depth + 1, spent)
  checkPairs(field, 6, spent)
}

function checkPairs(table: FlatTable, field: number, spent: Spent): void {
  for (const pair of table.tables(field)) spend(spent, pair.textBytes(0) + pair.textBytes(1))
}

function spend(spent: Spent, text: number): void {
  spent.things++
  spent.text += text
  if (spent.things > MAX_THINGS)
    throw new ReaderError('Unsupported', `the Arrow schema describes more than ${MAX_THINGS} fields`)
  if (spent.text > MAX_TEXT)
    throw new ReaderError('Unsupported', `the Arrow schema has more than ${MAX_TEXT} bytes of text`)
}
