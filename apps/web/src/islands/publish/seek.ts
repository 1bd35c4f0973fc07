const REST = 250

/** Finds datasets as one types, and takes one as a source without leaving the page. */
export function seekSources(form: HTMLFormElement, changed: () => void): void {
  seekDatasets(form, (button, field) => {
    take(form, button.value, button.dataset.title)
    field.value = ''
    changed()
  })
}

/** Finds datasets as one types into the field `seek`. @param taken what becomes of the one whose button is pressed */
export function seekDatasets(
  form: HTMLFormElement,
  taken: (button: HTMLButtonElement, field: HTMLInputElement) => void,
): void {
  const field = form.elements.namedItem('seek')
  const found = form.querySelector<HTMLElement>('[data-found]')
  if (!(field instanceof HTMLInputElement) || !found) return
  let resting: number | undefined
  let asking: AbortController | undefined

  const seek = async (): Promise<void> => {
    asking?.abort()
    const own = new AbortController()
    asking = own
    if (field.value.trim().length < 2) return found.replaceChildren()
    try {
      const answer = await fetch(`/publish/sources?q=${encodeURIComponent(field.value)}`, {
        signal: own.signal,
      })
      if (answer.ok) found.innerHTML = await answer.text()
    } catch {
      // The button finds them too.
    }
  }
  field.addEventListener('input', event => {
    event.stopPropagation()
    clearTimeout(resting)
    resting = window.setTimeout(seek, REST)
  })
  field.addEventListener('keydown', event => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    clearTimeout(resting)
    void seek()
  })
  form.addEventListener('click', event => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>('button[name=take]')
    if (button) {
      event.preventDefault()
      found.replaceChildren()
      taken(button, field)
      field.focus()
    } else if ((event.target as HTMLButtonElement).value === 'seek') {
      event.preventDefault()
      void seek()
    }
  })
}

/** A new row from the template that the page carries. */
function take(form: HTMLFormElement, reference: string, title: string | undefined): void {
  const rows = form.querySelector<HTMLElement>('[data-rows=sources]')
  const template = form.querySelector<HTMLTemplateElement>('template[data-row=sources]')
  if (!rows || !template) return
  const number = rows.querySelectorAll('fieldset').length
  const row = template.content.cloneNode(true) as DocumentFragment
  for (const element of row.querySelectorAll<HTMLElement>('*')) {
    for (const name of ['id', 'name', 'for', 'data-problem', 'aria-describedby']) {
      const value = element.getAttribute(name)
      if (value !== null) element.setAttribute(name, value.replaceAll('sources-0-', `sources-${number}-`))
    }
  }
  const field = row.querySelector<HTMLInputElement>(`[name=sources-${number}-ref]`)
  if (field) field.value = reference
  const label = row.querySelector<HTMLElement>(`label[for=sources-${number}-ref]`)
  if (label && title) label.textContent = title
  rows.append(row)
}
