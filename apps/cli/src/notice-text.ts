/** What an owner says that users must know, as records and AppViews tell it. */
export interface NoticeView {
  readonly kind: string
  readonly createdAt?: string
  readonly effectiveAt?: string
  readonly text?: string
  readonly replacedBy?: unknown
}

/** A notice in a line: `superseded since 2026-01-01: two years more; use at://…`. */
export function noticeLine({ kind, createdAt, effectiveAt, text, replacedBy }: NoticeView): string {
  const since = (effectiveAt ?? createdAt)?.slice(0, 10)
  const { uri, scheme, value } = (replacedBy ?? {}) as Record<string, string | undefined>
  const better = uri ?? (scheme && `${scheme}:${value}`)
  return [
    `${kind}${since ? ` ${effectiveAt ? 'from' : 'since'} ${since}` : ''}`,
    [text, better && `use ${better}`].filter(Boolean).join('; '),
  ]
    .filter(Boolean)
    .join(': ')
}
