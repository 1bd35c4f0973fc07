/**
 * Makes a search box a combobox that offers datasets, people and values while one types
 * (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). Without it the box searches for what is typed.
 */
interface Offer {
  readonly kind: string
  readonly text: string
  readonly count?: number
  readonly href: string
}

/** Milliseconds without a key before the site is asked. */
const REST = 120
const SHORTEST = 2

for (const [place, form] of document.querySelectorAll<HTMLFormElement>('form[role=search]').entries()) {
  const input = form.querySelector<HTMLInputElement>('input[name=q]')
  if (input) combobox(form, input, `offers-${place}`)
}

function combobox(form: HTMLFormElement, input: HTMLInputElement, id: string): void {
  const list = document.createElement('ul')
  list.id = id
  list.className = 'offers'
  list.hidden = true
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', 'Suggestions')
  form.append(list)
  const said = document.createElement('span')
  said.className = 'visually-hidden'
  said.setAttribute('role', 'status')
  form.append(said)
  input.setAttribute('role', 'combobox')
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', id)
  input.setAttribute('aria-expanded', 'false')

  let offers: readonly Offer[] = []
  let chosen = -1
  let asking: AbortController | undefined
  let resting: number | undefined
  let asked = input.value

  const close = (): void => {
    list.hidden = true
    chosen = -1
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }
  const choose = (next: number): void => {
    list.children[chosen]?.removeAttribute('aria-selected')
    chosen = next
    const option = list.children[chosen]
    if (!option) return input.removeAttribute('aria-activedescendant')
    option.setAttribute('aria-selected', 'true')
    option.scrollIntoView({ block: 'nearest' })
    input.setAttribute('aria-activedescendant', option.id)
  }
  const show = (found: readonly Offer[]): void => {
    offers = found
    list.replaceChildren(...found.map((offer, number) => option(offer, `${id}-${number}`)))
    chosen = -1
    input.removeAttribute('aria-activedescendant')
    list.hidden = found.length === 0
    input.setAttribute('aria-expanded', String(found.length > 0))
    said.textContent = found.length > 0 ? `${found.length} suggestions; arrow keys choose one` : ''
  }
  const ask = async (): Promise<void> => {
    asking?.abort()
    const q = input.value.trim()
    asked = input.value
    if (q.length < SHORTEST) return close()
    const own = new AbortController()
    asking = own
    try {
      const answer = await fetch(`/suggest?q=${encodeURIComponent(q)}`, { signal: own.signal })
      if (!answer.ok) return close()
      const { offers: found } = (await answer.json()) as { offers: Offer[] }
      if (!own.signal.aborted && document.activeElement === input) show(found)
    } catch {
      if (!own.signal.aborted) close()
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(resting)
    resting = window.setTimeout(ask, REST)
  })
  input.addEventListener('keydown', event => {
    if (event.isComposing) return
    const last = offers.length - 1
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (list.hidden) return offers.length > 0 && asked === input.value ? show(offers) : void ask()
      const step = event.key === 'ArrowDown' ? 1 : -1
      choose(chosen + step < -1 ? last : chosen + step > last ? -1 : chosen + step)
    } else if (event.key === 'Enter' && !list.hidden && offers[chosen]) {
      event.preventDefault()
      location.assign(offers[chosen]!.href)
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault()
      close()
    }
  })
  // A press on an option must not take the focus away before its click.
  list.addEventListener('pointerdown', event => event.preventDefault())
  list.addEventListener('click', event => {
    const number = [...list.children].findIndex(one => one.contains(event.target as Node))
    if (offers[number]) location.assign(offers[number]!.href)
  })
  input.addEventListener('blur', close)
  form.addEventListener('submit', () => {
    clearTimeout(resting)
    asking?.abort()
  })
}

function option({ kind, text, count }: Offer, id: string): HTMLElement {
  const item = document.createElement('li')
  item.id = id
  item.setAttribute('role', 'option')
  const name = document.createElement('span')
  name.textContent = text
  const what = document.createElement('span')
  what.className = 'soft small'
  what.textContent = count === undefined ? kind : `${kind}, ${count.toLocaleString('en')}`
  item.append(name, what)
  return item
}
