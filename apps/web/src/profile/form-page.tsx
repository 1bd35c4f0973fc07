import { LARGEST_PICTURE, type ProfileFields } from '@frost/client/profile'
import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { MarkdownNote } from '../design/markdown-note.tsx'
import { Problem } from '../design/parts.tsx'
import { formatSize } from '../text.ts'

export interface ProfileFormProps {
  readonly fields: ProfileFields
  /** CID of the profile that is changed; absent where there is none yet. */
  readonly cid?: string
  readonly hasPicture: boolean
  /** Where the name and description come from, where there is no profile yet. */
  readonly takenFrom?: string
  readonly path: string
  readonly problem?: string
  /** What the registers of people and institutions say otherwise; it is written all the same when it is sent again. */
  readonly advice?: readonly string[]
}

const KINDS: readonly (readonly [value: string, text: string])[] = [
  ['', 'not said'],
  ['person', 'a person'],
  ['organization', 'an organisation'],
  ['provider', 'a provider of others’ data'],
  ['software', 'a program that writes by itself'],
]

/** Who one is on FROST, as a record of one's own repository. */
export const ProfileFormPage: FC<ProfileFormProps> = props => {
  const { fields, cid, hasPicture, takenFrom, path, problem, advice = [] } = props
  return (
    <Layout title="Your profile – FROST" styles={['form.css']}>
      <div class="narrow stack">
        <header class="stack-tight">
          <h1>Your profile</h1>
          <p class="soft">
            It is a record of your own repository, at your own server, and public.{' '}
            <a href={path}>As others see it</a>
          </p>
          {takenFrom && <p class="soft small">Name and description are taken from {takenFrom}.</p>}
        </header>
        <Problem problem={problem} />
        {advice.length > 0 && (
          <div class="banner" role="status">
            <p>Is that right? Press Save once more, and it is written as it stands.</p>
            <ul>
              {advice.map(text => (
                <li>{text}</li>
              ))}
            </ul>
          </div>
        )}
        <form class="card stack" method="post" enctype="multipart/form-data">
          <input type="hidden" name="cid" value={cid ?? ''} />
          {advice.length > 0 && <input type="hidden" name="advised" value="yes" />}
          <div class="row wide-narrow">
            <Text
              name="name"
              label="Name"
              value={fields.name}
              most={512}
              hint="Family, Given for a person"
              input={{ required: true, autocomplete: 'name' }}
            />
            <p class="field">
              <label for="kind">You are</label>
              <select id="kind" name="kind">
                {KINDS.map(([value, text]) => (
                  <option value={value} selected={value === fields.kind}>
                    {text}
                  </option>
                ))}
              </select>
            </p>
          </div>
          <p class="field">
            <label for="description">Who you are and what you do</label>
            <textarea
              id="description"
              name="description"
              rows={6}
              maxlength={5000}
              aria-describedby="description-hint"
            >
              {fields.description}
            </textarea>
            <span class="hint" id="description-hint">
              <MarkdownNote of="description" />
            </span>
          </p>
          <Text
            name="homepage"
            label="Home page"
            value={fields.homepage}
            most={8192}
            input={{ type: 'url', placeholder: 'https://' }}
          />
          <div class="row half">
            <Text
              name="orcid"
              label="ORCID iD, of a person"
              value={fields.orcid}
              most={60}
              input={{ placeholder: '0000-0002-1825-0097' }}
            />
            <Text
              name="ror"
              label="ROR id, of an institution"
              value={fields.ror}
              most={60}
              input={{ placeholder: 'https://ror.org/…' }}
            />
          </div>
          <div class="row half">
            <Text name="affiliation" label="Where a person works" value={fields.affiliation} most={512} />
            <Text
              name="affiliationRor"
              label="ROR id of it"
              value={fields.affiliationRor}
              most={60}
              input={{ placeholder: 'https://ror.org/…' }}
            />
          </div>
          <Text
            name="email"
            label="E-mail of a role"
            value={fields.email}
            most={320}
            hint="Such as data@institute.example: everybody can read it, so never your own."
            input={{ type: 'email' }}
          />
          <p class="field">
            <label for="picture">Picture</label>
            <input
              id="picture"
              name="picture"
              type="file"
              accept="image/png,image/jpeg,image/webp"
              aria-describedby="picture-hint"
            />
            <span class="hint" id="picture-hint">
              PNG, JPEG or WebP of at most {formatSize(String(LARGEST_PICTURE))}. It is kept at your own
              server; what the file says of place and camera goes with it.
            </span>
          </p>
          {hasPicture && (
            <label class="tick">
              <input type="checkbox" name="without" value="yes" />
              <span>Take the picture away</span>
            </label>
          )}
          <div>
            <button type="submit">Save</button>
          </div>
        </form>
      </div>
    </Layout>
  )
}

interface TextProps {
  readonly name: keyof ProfileFields
  readonly label: string
  readonly value: string
  readonly most: number
  readonly hint?: string
  /** Further attributes of the input. */
  readonly input?: Readonly<Record<string, unknown>>
}

const Text: FC<TextProps> = ({ name, label, value, most, hint, input }) => (
  <p class="field">
    <label for={name}>{label}</label>
    <input
      id={name}
      name={name}
      type="text"
      value={value}
      maxlength={most}
      aria-describedby={hint && `${name}-hint`}
      {...input}
    />
    {hint && (
      <span class="hint" id={`${name}-hint`}>
        {hint}
      </span>
    )}
  </p>
)
