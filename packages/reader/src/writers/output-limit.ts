import { ReaderError } from '../errors.ts'

/** The refusal of an export that has grown beyond what it may. */
export function outputPassed(maxBytes: number, remedy = 'select less, or allow more'): ReaderError {
  return new ReaderError(
    'OverBudget',
    `what is exported passes the ${(maxBytes / 1e6).toFixed(maxBytes < 1e7 ? 1 : 0)} MB that it may have: ${remedy}`,
    { maxBytes },
  )
}

/**
 * Parts in turn while together they have at most so many bytes; what would pass that is not given out.
 * @throws {ReaderError} `OverBudget`
 */
export async function* withinOutput<T>(
  parts: AsyncIterable<T>,
  sizeOf: (part: T) => number,
  maxBytes: number,
): AsyncGenerator<T> {
  let bytes = 0
  for await (const part of parts) {
    bytes += sizeOf(part)
    if (bytes > maxBytes) throw outputPassed(maxBytes)
    yield part
  }
}
