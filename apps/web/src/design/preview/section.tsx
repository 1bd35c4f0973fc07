import type { FC } from 'hono/jsx'
import { asset } from '../../assets.ts'
import type { Previewable } from '../../preview/readable-copy.ts'
import { Address } from '../parts.tsx'

/**
 * The place of the preview on a page. What is shown there comes by a request of its own, so that reading data never holds up
 * the page: by script into the page, without script as a frame.
 * @param query state of the preview, as an address has it
 */
export const PreviewSection: FC<{ path: string; query: string; previewable: Previewable }> = ({
  path,
  query,
  previewable,
}) => {
  const address = `${path}/preview${query && `?${query}`}`
  return (
    <section class="card stack-tight" id="preview" aria-labelledby="preview-heading">
      <h2 id="preview-heading">Preview</h2>
      {previewable.copies.length === 0 ? (
        <p class="soft">
          {previewable.why} {previewable.askAt && <Address href={previewable.askAt} text="Ask for access" />}
        </p>
      ) : (
        <>
          <p class="visually-hidden" role="status" />
          <div class="preview-place" data-src={`${path}/preview`} data-path={path}>
            <noscript>
              <iframe
                title="Preview of the data"
                src={`${address}${query ? '&' : '?'}part=frame`}
                loading="lazy"
              />
            </noscript>
            <p class="small">
              <a href={address}>The preview on a page of its own</a>
            </p>
          </div>
          <script type="module" src={asset('preview.js')} />
        </>
      )}
    </section>
  )
}
