import { withoutEnd } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { Layout } from '../design/layout.tsx'
import { Onward, Problem } from '../design/parts.tsx'
import type { Folder } from '../gateway.ts'
import { isCovered } from '../labels/cover.ts'
import { Labelled } from '../labels/labelled.tsx'
import { linkable } from '../markdown.ts'
import { formatSize } from '../text.ts'
import { filesPath } from './address.ts'

export interface FilesProps {
  readonly entry: EntryView
  readonly copy: { readonly id: string; readonly uri: string; readonly title?: string }
  /** Path of the folder below the copy, with a slash at its end; empty for the copy itself. */
  readonly folder: string
  /** What lies in it; absent where it cannot be told. */
  readonly found?: Folder
  /** Whether it goes on from an earlier page. */
  readonly isLater: boolean
  readonly problem?: string
}

/** What lies in a copy of a dataset, folder by folder. */
export const FilesPage: FC<FilesProps> = ({ entry, copy, folder, found, isLater, problem }) => {
  const path = entryPath(entry.author, entry.uri)
  const to = (where: string, cursor?: string) => filesPath(path, copy.id, where, cursor)
  const entries = found?.entries ?? []
  const base = baseOf(copy.uri)
  return (
    <Layout
      title={`Files of ${entry.record.title} – FROST`}
      styles={['files.css']}
      isCovered={isCovered(entry)}
    >
      <div class="stack">
        <header class="stack-tight">
          <p class="small">
            <a href={path}>{entry.record.title}</a>
          </p>
          <h1>Files</h1>
        </header>
        <Labelled labels={entry.labels} what="dataset" author={entry.author.did}>
          <div class="stack">
            <Crumbs name={copy.title ?? copy.uri} folder={folder} to={to} />
            <Problem problem={problem} />
            {found && entries.length === 0 && <p class="soft">There is nothing here.</p>}
            {entries.length > 0 && (
              <section class="table-scroll" tabindex={0} aria-label="Files">
                <table class="files">
                  <thead>
                    <tr>
                      <th scope="col">Name</th>
                      <th scope="col" class="number">
                        Size
                      </th>
                      <th scope="col">Changed</th>
                    </tr>
                  </thead>
                  <tbody>
                    {entries.map(({ name, size, modified }) => (
                      <tr>
                        <th scope="row">
                          {name.endsWith('/') ? (
                            <a href={to(folder + name)} rel="nofollow">
                              <bdi>{name}</bdi>
                            </a>
                          ) : (
                            <File address={base && addressBelow(base, folder + name)} name={name} />
                          )}
                        </th>
                        <td class="number">{size !== undefined && formatSize(String(size))}</td>
                        <td>{modified?.slice(0, 16).replace('T', ' ')}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            )}
            {isLater && (
              <p class="small">
                <a href={to(folder)}>← From the beginning</a>
              </p>
            )}
            <Onward href={found?.cursor && to(folder, found.cursor)}>More files →</Onward>
            {found && (
              <p class="small soft">
                As the bucket itself says it now; times are UTC. The data stays where it is.
              </p>
            )}
          </div>
        </Labelled>
      </div>
    </Layout>
  )
}

const Crumbs: FC<{ name: string; folder: string; to: (folder: string) => string }> = ({
  name,
  folder,
  to,
}) => {
  const parts = folder.split('/').filter(Boolean)
  return (
    <nav aria-label="Folders">
      <ol class="crumbs">
        <li>{parts.length > 0 ? <a href={to('')}>{name}</a> : <b aria-current="page">{name}</b>}</li>
        {parts.map((part, index) => {
          const isHere = index === parts.length - 1
          return (
            <li>
              {isHere ? (
                <b aria-current="page">
                  <bdi>{part}</bdi>
                </b>
              ) : (
                <a href={to(`${parts.slice(0, index + 1).join('/')}/`)}>
                  <bdi>{part}</bdi>
                </a>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

const File: FC<{ address?: string; name: string }> = ({ address, name }) =>
  address ? (
    <a href={address} rel="nofollow noopener">
      <bdi>{name}</bdi>
    </a>
  ) : (
    <bdi>{name}</bdi>
  )

/** Web address below which a browser can open the files of a copy. Buckets' own schemes are for programs. */
function baseOf(uri: string): URL | undefined {
  if (!/^https?:/i.test(uri) || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  url.pathname = withoutEnd(url.pathname, '/')
  return url
}

function addressBelow(base: URL, path: string): string | undefined {
  const url = new URL(base)
  const encoded = path.toWellFormed().split('/').map(encodeURIComponent).join('/')
  url.pathname = `${withoutEnd(base.pathname, '/')}/${encoded}`
  return linkable(url.href)
}
