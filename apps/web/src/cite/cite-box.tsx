import { type Citable, citationStyles, formatCitation } from '@frost/catalogs/citation/index'
import type { FC } from 'hono/jsx'
import { doiAddress } from '../dataset-facts.ts'
import { Copyable } from '../design/copyable.tsx'
import { Address } from '../design/parts.tsx'

/** Styles as people call them; what is not named here is called by its own name. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['apa', 'APA'],
  ['chicago-author-date', 'Chicago'],
  ['harvard', 'Harvard'],
  ['ieee', 'IEEE'],
  ['vancouver', 'Vancouver'],
  ['bibtex', 'BibTeX'],
  ['ris', 'RIS'],
  ['csl-json', 'CSL-JSON'],
  ['datacite', 'DataCite JSON'],
  ['datacite-xml', 'DataCite XML'],
  ['cff', 'CITATION.cff'],
])

/** How to cite it: as text and BibTeX to copy, every other style as a file; the state that is cited is named. */
export const CiteBox: FC<{ citable: Citable; what: 'dataset' | 'version' }> = ({ citable, what }) => {
  const { doi, uri, cid } = citable
  const styles = Object.entries(citationStyles)
  const links = (isText: boolean) =>
    styles
      .filter(([, { extension }]) => (extension === 'txt') === isText)
      .map(([style, { extension }]) => (
        <a href={`?format=${style}`} rel="nofollow" {...(!isText && { download: true })}>
          {NAMES.get(style) ?? style}
          {!isText && <span class="visually-hidden"> (.{extension} file)</span>}
        </a>
      ))
  return (
    <section class="card stack-tight" id="cite">
      <h2>Cite</h2>
      <Copyable class="cited">{formatCitation(citable, 'apa')}</Copyable>
      {doi && (
        <p class="small">
          DOI <Address href={doiAddress(doi)} text={doi} />
        </p>
      )}
      <details>
        <summary class="small">BibTeX</summary>
        <Copyable>{formatCitation(citable, 'bibtex')}</Copyable>
      </details>
      <p class="meta">
        <span>As text:</span>
        {links(true)}
      </p>
      <p class="meta">
        <span>As a file:</span>
        {links(false)}
      </p>
      <details>
        <summary class="small">What is pinned</summary>
        <p class="small soft">
          The citation names this {what} in the state that its owner signed. Whoever follows it can see what
          became of it since.
        </p>
        <Copyable>{`frost show ${uri} --cid ${cid}`}</Copyable>
      </details>
    </section>
  )
}
