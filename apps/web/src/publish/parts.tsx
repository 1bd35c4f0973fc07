import type { Child, FC } from 'hono/jsx'
import type { Problems } from './change.ts'

export interface FieldProps {
  readonly name: string
  readonly label: Child
  readonly value: string
  /** What is wrong with the fields of the form, by name; absent where nothing is told of a single one. */
  readonly problems?: Problems
  readonly hint?: Child
  readonly most?: number
  readonly placeholder?: string
  readonly required?: boolean
  readonly list?: string
  readonly rows?: number
  readonly inputmode?: 'decimal' | 'url'
  readonly autocomplete?: string
}

/** A field with its label, what it is for, and what is wrong with it. */
export const Field: FC<FieldProps> = props => {
  const { name, label, value, problems, hint, most, rows, list, placeholder, required, inputmode } = props
  const problem = problems?.get(name)
  const shared = {
    id: name,
    name,
    maxlength: most,
    placeholder,
    'aria-required': required ? ('true' as const) : undefined,
    'aria-describedby': `${hint ? `${name}-hint ` : ''}${name}-problem`,
    'aria-invalid': problem ? ('true' as const) : undefined,
  }
  return (
    <p class="field">
      <label for={name}>{label}</label>
      {rows ? (
        <textarea rows={rows} {...shared}>
          {value}
        </textarea>
      ) : (
        <input type="text" value={value} list={list} inputmode={inputmode} autocomplete="off" {...shared} />
      )}
      {hint && (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
      <ProblemOf name={name} problems={problems} />
    </p>
  )
}

/** The place of what is wrong with a field; a script puts in there what it finds as one types. */
export const ProblemOf: FC<{ name: string; problems?: Problems }> = ({ name, problems }) => (
  <span class="problem" id={`${name}-problem`} data-problem={name}>
    {problems?.get(name)}
  </span>
)

export const Choice: FC<{
  name: string
  label: Child
  value: string
  options: readonly (readonly [value: string, text: string])[]
  hint?: Child
}> = ({ name, label, value, options, hint }) => {
  const all = options.some(([one]) => one === value) ? options : [...options, [value, value] as const]
  return (
    <p class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name} aria-describedby={hint ? `${name}-hint` : undefined}>
        {all.map(([one, text]) => (
          <option value={one} selected={one === value}>
            {text}
          </option>
        ))}
      </select>
      {hint && (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
    </p>
  )
}

/** Rows that can be added to: by script at once, without it by a turn to the server. */
export const Rows: FC<{ list: string; add: string; children?: Child }> = ({ list, add, children }) => (
  <div class="stack" data-rows={list}>
    {children}
    <div class="actions">
      <button class="quiet" type="submit" name="action" value={`add-${list}`} formnovalidate>
        {add}
      </button>
    </div>
  </div>
)
