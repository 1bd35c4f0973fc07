import type { LexMap, TypedLexMap } from '@atproto/lex'
import type { FC } from 'hono/jsx'
import { plural } from '../text.ts'
import type { Problems } from './change.ts'
import { type EntryForm, TEXT_FIELDS } from './form.ts'
import { Field } from './parts.tsx'
import { listOf, textOf } from './values.ts'

const SHOWN = 30

/** What is in the data: as it was read from it, else as one says. */
export const ModelSummary: FC<{ record: TypedLexMap; form: EntryForm; problems: Problems }> = ({
  record,
  form,
  problems,
}) => {
  const models = listOf(record.models)
  const parts = models.flatMap(partsOf)
  const apart = models.filter(({ ref }) => ref !== undefined)
  return (
    <section class="card stack">
      <h2>What is in it</h2>
      {apart.length > 0 && (
        <p>
          {plural(
            apart.reduce((sum, { variableCount }) => sum + Number(variableCount ?? 0), 0),
            'variable or column',
            'variables or columns',
          )}{' '}
          in a record of their own.
        </p>
      )}
      {parts.length > 0 ? (
        <>
          <p>{plural(parts.length, 'variable or column', 'variables or columns')}, read from the data:</p>
          <ul class="badges">
            {parts.slice(0, SHOWN).map(({ name, units }) => (
              <li>
                <span class="badge">
                  {textOf(name)}
                  {textOf(units) && ` (${textOf(units)})`}
                </span>
              </li>
            ))}
            {parts.length > SHOWN && <li class="soft small">and {parts.length - SHOWN} more</li>}
          </ul>
        </>
      ) : apart.length > 0 ? null : (
        <Field
          name="variables"
          label="Variables with their units"
          value={form.variables}
          problems={problems}
          most={TEXT_FIELDS.variables}
          rows={4}
          placeholder={'temperature:degC\nsalinity:1'}
          hint="One a line, name:units. Where the data can be read, they are better read from it."
        />
      )}
      <div class="actions">
        <button class="quiet" type="submit" name="action" value="read">
          {parts.length > 0 ? 'Read the data again' : 'Read them from the data'}
        </button>
      </div>
    </section>
  )
}

function partsOf(model: LexMap): LexMap[] {
  return [...listOf(model.variables), ...listOf(model.columns)]
}
