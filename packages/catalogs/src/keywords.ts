/** What a record is about, each term once in the order it is said: two vocabularies often hold the same word. */
export function keywordsOf({
  subjects = [],
}: {
  readonly subjects?: readonly { readonly term: string }[]
}): string[] {
  return [...new Set(subjects.map(({ term }) => term))]
}
