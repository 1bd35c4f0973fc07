import { COMMON_RELATIONS } from '@frost/client/entry-links'
import type { FC } from 'hono/jsx'
import type { Problems } from './change.ts'
import { type EntryForm, ROW_FIELDS, TEXT_FIELDS } from './form.ts'
import { Choice, Field, Rows } from './parts.tsx'

interface Props {
  readonly form: EntryForm
  readonly problems: Problems
}

const NO_LINK = { of: '', relation: 'is-described-by', ref: '', title: '' }
const NO_FUNDING = { of: '', funder: '', award: '', uri: '' }

/** Papers, code and documentation; who paid; a picture. */
export const LinkFields: FC<Props> = ({ form, problems }) => (
  <section class="card stack" id="links">
    <h2>Papers, code, documentation</h2>
    <Rows list="links" add="Another work">
      {(form.links.length > 0 ? form.links : [NO_LINK]).map(({ of, relation, ref, title }, index) => (
        <fieldset class="row thirds">
          <legend class="visually-hidden">Work {index + 1}</legend>
          <input type="hidden" name={`links-${index}-of`} value={of} />
          <Choice
            name={`links-${index}-relation`}
            label="It is"
            value={relation || NO_LINK.relation}
            options={COMMON_RELATIONS}
          />
          <Field
            name={`links-${index}-ref`}
            label="DOI or address"
            value={ref}
            problems={problems}
            most={ROW_FIELDS.links.ref}
            placeholder="10.1234/abcd"
          />
          <Field
            name={`links-${index}-title`}
            label="What it is called"
            value={title}
            problems={problems}
            most={ROW_FIELDS.links.title}
          />
        </fieldset>
      ))}
    </Rows>
    <p class="hint">What it was made from is told above. An emptied work is taken away.</p>
    <h2>Who paid for it</h2>
    <Rows list="funding" add="Another funder">
      {(form.funding.length > 0 ? form.funding : [NO_FUNDING]).map(({ of, funder, award, uri }, index) => (
        <fieldset class="row thirds">
          <legend class="visually-hidden">Funder {index + 1}</legend>
          <input type="hidden" name={`funding-${index}-of`} value={of} />
          <Field
            name={`funding-${index}-funder`}
            label="Funder"
            value={funder}
            problems={problems}
            most={ROW_FIELDS.funding.funder}
          />
          <Field
            name={`funding-${index}-award`}
            label="Award number"
            value={award}
            problems={problems}
            most={ROW_FIELDS.funding.award}
          />
          <Field
            name={`funding-${index}-uri`}
            label="Page of the award"
            value={uri}
            problems={problems}
            most={ROW_FIELDS.funding.uri}
            placeholder="https://"
            inputmode="url"
          />
        </fieldset>
      ))}
    </Rows>
    <Field
      name="image"
      label="Address of a picture"
      value={form.image}
      problems={problems}
      most={TEXT_FIELDS.image}
      placeholder="https://"
      inputmode="url"
      hint="A map or a figure that shows at a glance what the data is: PNG, JPEG, WebP or GIF."
    />
  </section>
)
