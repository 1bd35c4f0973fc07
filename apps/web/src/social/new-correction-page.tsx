import { randomUUID } from 'node:crypto'
import type { FC } from 'hono/jsx'
import { MarkdownNote } from '../design/markdown-note.tsx'
import { Problem } from '../design/parts.tsx'
import { CORRECTION_FIELDS } from './correction-fields.ts'
import { type DatasetContext, DatasetFrame } from './dataset-page.tsx'
import type { Texts } from './parts.ts'

/** Proposes other words for what a record says, field by field, or corrected data that lies elsewhere. */
export const NewCorrectionPage: FC<{
  dataset: DatasetContext
  /** As the record says it now. */
  before: Texts
  texts: Texts
  problem?: string
}> = ({ dataset, before, texts, problem }) => (
  <DatasetFrame dataset={dataset} current="corrections" title="Propose a correction">
    <Problem problem={problem} />
    <form method="post" class="stack">
      <input type="hidden" name="once" value={texts.once ?? randomUUID()} />
      <input type="hidden" name="at" value={texts.at ?? new Date().toISOString()} />
      <section class="card stack">
        <h2>Why</h2>
        <p class="field">
          <label for="rationale">What is wrong, and how you know</label>
          <textarea id="rationale" name="rationale" rows={4} maxlength={10_000} required>
            {texts.rationale ?? ''}
          </textarea>
          <span class="hint">
            <MarkdownNote of="rationale" /> The owner reads it, and everybody else.
          </span>
        </p>
      </section>
      <section class="card stack">
        <h2>What it should say</h2>
        <p class="small soft">Change what is wrong and leave the rest: only what differs is proposed.</p>
        {CORRECTION_FIELDS.map(({ name, label, hint, rows, isMarkdown }) => {
          const value = texts[name] ?? before[name] ?? ''
          return (
            <p class="field">
              <label for={name}>{label}</label>
              {rows ? (
                <textarea id={name} name={name} rows={rows} maxlength={100_000}>
                  {value}
                </textarea>
              ) : (
                <input id={name} name={name} type="text" value={value} maxlength={8192} autocomplete="off" />
              )}
              {(hint || isMarkdown) && (
                <span class="hint">
                  {hint}
                  {isMarkdown && <MarkdownNote of={name} />}
                </span>
              )}
            </p>
          )
        })}
      </section>
      <details class="card" open={Boolean(texts.url)}>
        <summary>Or: the data itself is wrong, and corrected data lies elsewhere</summary>
        <div class="stack">
          <p class="field">
            <label for="url">Where the corrected data is</label>
            <input id="url" name="url" type="text" value={texts.url} maxlength={8192} autocomplete="off" />
          </p>
          <p class="field">
            <label for="pin">Its state</label>
            <input
              id="pin"
              name="pin"
              type="text"
              value={texts.pin}
              maxlength={1000}
              autocomplete="off"
              placeholder="digest:sha256:…"
            />
            <span class="hint">
              A digest, a snapshot or a commit, so that what you propose cannot change.
            </span>
          </p>
        </div>
      </details>
      <div>
        <button type="submit">Propose it</button>
      </div>
    </form>
  </DatasetFrame>
)
