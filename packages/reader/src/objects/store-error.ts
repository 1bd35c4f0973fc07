import type { FetchResponse } from '../guard/fetcher.ts'

/** What a store says in the body of a failure (S3, Google and Azure: `<Error><Code>…`), as far as it does. */
export interface StoreError {
  readonly code: string | undefined
  /** Where the bucket really lies (S3). */
  readonly region: string | undefined
}

const MAX_BODY = 16 * 1024

/** Reads it; a body that is longer, or none, tells nothing. */
export async function storeErrorOf(response: FetchResponse): Promise<StoreError> {
  const tooLong = new Error('a failure with a long body')
  let text = ''
  try {
    text = new TextDecoder().decode(await response.read({ max: MAX_BODY, excess: () => tooLong }))
  } catch (error) {
    if (error !== tooLong) throw error
  }
  const codeHeader = response.header('x-ms-error-code')
  return {
    code: codeHeader ?? /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1],
    region: response.header('x-amz-bucket-region') ?? /<Region>([a-z0-9-]{1,32})<\/Region>/.exec(text)?.[1],
  }
}
