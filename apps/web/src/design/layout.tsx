import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import { asset } from '../assets.ts'
import type { Feed } from '../feed-address.ts'
import { AccountMenu } from './account-menu.tsx'
import { Document } from './document.tsx'
import { FeedInHead } from './feed-link.tsx'
import { PlaceLinks } from './places.tsx'
import { SearchBox } from './search-box.tsx'

export interface LayoutProps {
  readonly title: string
  /** For search engines and link previews; plain text. */
  readonly description?: string
  /** Path of the page's one address. */
  readonly canonical?: string
  /** schema.org description of what the page shows (https://schema.org/Dataset). */
  readonly jsonLd?: Record<string, unknown>
  /** Address of a picture of it, for link previews. */
  readonly image?: string
  /** Feed of what the page shows. */
  readonly feed?: Feed
  /** Labels cover what the page shows: nothing of it is told to search engines and link previews. */
  readonly isCovered?: boolean
  readonly query?: string
  /** Further style sheets that the page needs. */
  readonly styles?: readonly string[]
  /** Scripts that make the page better where scripts run. */
  readonly scripts?: readonly string[]
  /** The home page has its own, larger search box. */
  readonly withoutSearch?: boolean
  readonly children?: Child
}

/** The frame of every page: one header with search, one main part, one footer. */
export const Layout: FC<LayoutProps> = props => {
  const { description, image, jsonLd } = props.isCovered ? {} : props
  return (
    <Document>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{props.title}</title>
        {props.isCovered && <meta name="robots" content="noindex" />}
        {description && <meta name="description" content={description} />}
        {props.canonical && <link rel="canonical" href={props.canonical} />}
        <meta property="og:title" content={props.title} />
        {description && <meta property="og:description" content={description} />}
        {image && <meta property="og:image" content={image} />}
        <link rel="icon" href={asset('icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={asset('style.css')} />
        {(props.styles ?? []).map(name => (
          <link rel="stylesheet" href={asset(name)} />
        ))}
        <FeedInHead feed={props.feed} />
        <link
          rel="search"
          href="/opensearch.xml"
          type="application/opensearchdescription+xml"
          title="FROST"
        />
        {['typeahead.js', 'menu.js', ...(props.scripts ?? [])].map(name => (
          <script type="module" src={asset(name)} />
        ))}
        {jsonLd && <script type="application/ld+json">{raw(scriptSafe(jsonLd))}</script>}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="site-header">
          <div class="wide">
            <a class="brand" href="/" aria-label="FROST, home">
              <Snowflake /> <span>FROST</span>
            </a>
            {!props.withoutSearch && <SearchBox query={props.query} />}
            <nav aria-label="Main">
              <PlaceLinks />
            </nav>
            <AccountMenu />
          </div>
        </header>
        <main id="main" class="wide">
          {props.children}
        </main>
        <footer class="site-footer">
          <div class="wide">
            <span>
              FROST, the Federated Registry Of Scientific Things. Records belong to their owners; data stays
              where it lies.
            </span>
            <span>
              <a href="/publish">Publish a dataset</a> · <a href="/about">How it works</a>
            </span>
          </div>
        </footer>
      </body>
    </Document>
  )
}

const Snowflake: FC = () => (
  <svg
    width="22"
    height="22"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    aria-hidden="true"
  >
    <path d="M12 2v20M3.34 7l17.32 10M3.34 17 20.66 7M9.5 3.8 12 6l2.5-2.2M9.5 20.2 12 18l2.5 2.2M3.2 10.3 6.4 9.5 5.6 6.3M20.8 13.7l-3.2.8.8 3.2M3.2 13.7l3.2.8-.8 3.2M20.8 10.3l-3.2-.8.8-3.2" />
  </svg>
)

/** JSON inside a script element: `<` must not be able to end it. */
function scriptSafe(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c')
}
