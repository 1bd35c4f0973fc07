import { funderAddress } from '@frost/catalogs/address'
import type { Entry } from '@frost/lexicon'
import type { Child, FC } from 'hono/jsx'
import { keywordsOf } from '../dataset-facts.ts'
import { searchAddress } from '../search-state.ts'
import { frequencyInWords } from '../text.ts'
import { Identifier } from './identifiers.tsx'
import { LicenceNote } from './licence.tsx'
import { Address, Badges } from './parts.tsx'

/** What else a record says of its dataset; nothing where it says no more. */
export const Facts: FC<{ record: Entry }> = ({ record }) => {
  const facts = factsOf(record)
  if (facts.length === 0) return null
  return (
    <section class="card">
      <h2>Facts</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

type Fact = readonly [name: string, value: Child]

function factsOf(record: Entry): Fact[] {
  const {
    access,
    landingPage,
    identifiers = [],
    rights = [],
    frequency,
    funding = [],
    metadataLinks = [],
  } = record
  const keywords = keywordsOf(record).slice(0, 24)
  const known: readonly (Fact | false | undefined | '')[] = [
    landingPage && ['Home', <Address href={landingPage} />],
    ...identifiers.map(
      (identifier): Fact => [identifier.scheme.toUpperCase(), <Identifier identifier={identifier} />],
    ),
    ...rights.map(
      ({ name, spdx, uri }): Fact => [
        'Licence',
        <>
          {uri ? <Address href={uri} text={name ?? spdx} /> : (name ?? spdx)}
          <LicenceNote spdx={spdx} />
        </>,
      ],
    ),
    access?.terms && ['Terms', access.terms],
    access?.termsUri && ['Terms at', <Address href={access.termsUri} />],
    termsOf('Conditions', access?.conditions),
    access?.requestUri && ['Ask for access', <Address href={access.requestUri} />],
    frequency?.kind && ['Updated', frequencyInWords(frequency)],
    termsOf('Platforms', record.platforms),
    termsOf('Instruments', record.instruments),
    ...funding.map((one): Fact => ['Funding', <Funding funding={one} />]),
    ...metadataLinks.map((link): Fact => ['Metadata', <MetadataLink link={link} />]),
    keywords.length > 0 && [
      'Subjects',
      <Badges
        items={keywords.map(text => ({ text, href: searchAddress({ keyword: [text.toLowerCase()] }) }))}
      />,
    ],
  ]
  return known.filter((fact): fact is Fact => Array.isArray(fact))
}

function termsOf(name: string, terms: readonly { readonly term: string }[] = []): Fact | undefined {
  const MOST = 12
  if (terms.length === 0) return undefined
  return [
    name,
    terms
      .slice(0, MOST)
      .map(({ term }) => term)
      .join(', '),
  ]
}

const Funding: FC<{ funding: NonNullable<Entry['funding']>[number] }> = ({ funding }) => {
  const { funderName, funderIdentifier, awardNumber, awardTitle, awardUri } = funding
  const award = [awardTitle, awardNumber].filter(Boolean).join(', ') || (awardUri && 'the grant')
  const funder = funderAddress(funderIdentifier)
  return (
    <>
      {funder ? <Address href={funder} text={funderName} /> : funderName}
      {award && <> {awardUri ? <Address href={awardUri} text={award} /> : award}</>}
    </>
  )
}

const MetadataLink: FC<{ link: NonNullable<Entry['metadataLinks']>[number] }> = ({ link }) => {
  const { uri, title, profile, mediaType } = link
  const name = title ?? profile
  const facts = [title && profile, mediaType].filter(Boolean).join(', ')
  return (
    <>
      {uri ? <Address href={uri} text={name} /> : name}
      {facts && <span class="soft small"> {facts}</span>}
    </>
  )
}
