import type { Entry } from '@frost/lexicon'

type Distribution = NonNullable<Entry['distributions']>[number]

const BUCKETS =
  /^(?:s3a?|gs|gcs|az|abfss?):\/\/|^https:\/\/(?:[\w.-]+\.)?(?:s3[.-][\w.-]*amazonaws\.com|storage\.googleapis\.com|[\w-]+\.blob\.core\.windows\.net)\//i

/** Whether a copy lies in a bucket, which says what is in it; web servers do not. */
export const isListable = ({ uri }: Pick<Distribution, 'uri'>): boolean => BUCKETS.test(uri)

/** The page of what lies in a copy of a dataset. */
export function filesPath(path: string, copy: string, folder = '', cursor?: string): string {
  const query = new URLSearchParams({ copy, ...(folder && { path: folder }), ...(cursor && { cursor }) })
  return `${path}/files?${query}`
}
