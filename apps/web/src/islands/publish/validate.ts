/** Milliseconds for which one must have stopped typing. */
const REST = 400

interface Checked {
  readonly problems: Readonly<Record<string, string>>
  readonly advice: readonly string[]
}

/**
 * Has the server judge the form as one types, by the same rules that it publishes by.
 * @returns what is to be called where a script has changed a field
 */
export function validateLive(form: HTMLFormElement): () => void {
  let resting: number | undefined
  let asking: AbortController | undefined
  /** Fields that somebody has been in: before that nothing is wrong with them. */
  const touched = new Set<string>()

  const check = async (): Promise<void> => {
    asking?.abort()
    const own = new AbortController()
    asking = own
    try {
      const answer = await fetch('/publish/check', {
        method: 'POST',
        body: new FormData(form),
        signal: own.signal,
      })
      if (answer.ok) show(form, (await answer.json()) as Checked, touched)
    } catch {
      // A check that does not come is no obstacle: the server judges again when the form is sent.
    }
  }
  const later = (): void => {
    clearTimeout(resting)
    resting = window.setTimeout(check, REST)
  }
  form.addEventListener('input', later)
  form.addEventListener('focusout', event => {
    const { name } = event.target as HTMLInputElement
    if (!name || name === 'seek') return
    touched.add(name)
    later()
  })
  return later
}

const SIDES = ['west', 'south', 'east', 'north']

function show(form: HTMLFormElement, { problems, advice }: Checked, touched: ReadonlySet<string>): void {
  for (const place of form.querySelectorAll<HTMLElement>('[data-problem]')) {
    const name = place.dataset.problem ?? ''
    const isKnown = name === 'bbox' ? SIDES.some(side => touched.has(side)) : touched.has(name)
    const text = isKnown || place.textContent ? (problems[name] ?? '') : ''
    if (place.textContent !== text) place.textContent = text
    const fields = name === 'bbox' ? SIDES : [name]
    for (const field of fields) {
      const element = form.elements.namedItem(field)
      if (!(element instanceof HTMLElement)) continue
      if (text) element.setAttribute('aria-invalid', 'true')
      else element.removeAttribute('aria-invalid')
    }
  }
  const box = form.querySelector<HTMLElement>('[data-advice]')
  if (!box) return
  box.hidden = advice.length === 0
  const list = box.querySelector('ul')
  list?.replaceChildren(
    ...advice.map(text => {
      const item = document.createElement('li')
      item.textContent = text
      return item
    }),
  )
}
