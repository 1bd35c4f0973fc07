import type { FC } from 'hono/jsx'
import type { OfferView } from '../appview.ts'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { plainText } from '../markdown.ts'
import { truncate } from '../text.ts'
import { Address, Badges, Person } from './parts.tsx'

/** How one pays, in words. */
const MODELS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'one-time': 'paid once',
    subscription: 'by subscription',
    usage: 'by use',
    'on-request': 'price on request',
  }),
)

/** Paid ways to the data. They are claims of whoever sells; the deal is made there. */
export const Offers: FC<{ offers: readonly OfferView[] }> = ({ offers }) =>
  offers.length === 0 ? null : (
    <section class="card" id="offers">
      <h2>Offers</h2>
      <p class="small soft">
        What sellers say of their own offers. Whoever buys deals with the seller, not with this site, and the
        licence above says what may be had for nothing.
      </p>
      {offers.map(offer => (
        <Offer offer={offer} />
      ))}
    </section>
  )

const Offer: FC<{ offer: OfferView }> = ({ offer: { author, record, byOwner, labels } }) => {
  const { url, seller, model, prices = [], terms, validThrough, fundsDataset } = record
  return (
    <div class="where">
      <Labelled labels={labels} what="offer" author={author.did}>
        <span class="meta">
          <Person did={author.did} handle={author.handle} name={seller?.name ?? author.displayName} />
          {validThrough && <span>until {validThrough}</span>}
        </span>
        <Address
          href={url}
          text={prices.length > 0 ? prices.map(priceInWords).join(', ') : 'See the offer'}
        />
        <Badges
          items={[
            ...(model ? [{ text: MODELS.get(model) ?? model }] : []),
            ...(byOwner ? [{ text: 'by the owner of the dataset', kind: 'strong' as const }] : []),
            ...(fundsDataset
              ? [{ text: 'the seller says it funds the dataset', kind: 'strong' as const }]
              : []),
          ]}
        />
        <LabelBadges labels={labels} />
        {terms && <p class="small soft">{truncate(plainText(terms), 400)}</p>}
      </Labelled>
    </div>
  )
}

function priceInWords({
  amount,
  currency,
  unit,
}: {
  amount: string
  currency: string
  unit?: string
}): string {
  return `${truncate(amount, 30)} ${truncate(currency, 8)}${unit ? ` per ${truncate(unit, 40)}` : ''}`
}
