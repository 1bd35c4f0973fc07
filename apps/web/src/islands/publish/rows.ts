/** Adds rows at once: a copy of the last one, emptied and numbered. */
export function listenForRows(form: HTMLFormElement, changed: () => void): void {
  form.addEventListener('click', event => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>(
      'button[name=action][value^=add-]',
    )
    const list = button?.value.slice('add-'.length)
    if (!button || !list) return
    const row = addRow(form, list)
    if (!row) return
    event.preventDefault()
    row.querySelector<HTMLElement>('input:not([type=hidden])')?.focus()
    changed()
  })
}

/** @returns the new row; undefined where there is none to copy */
export function addRow(form: HTMLFormElement, list: string): HTMLElement | undefined {
  const rows = form.querySelectorAll<HTMLElement>(`[data-rows=${list}] > fieldset`)
  const last = rows[rows.length - 1]
  if (!last) return undefined
  const row = last.cloneNode(true) as HTMLElement
  const number = rows.length
  const old = new RegExp(`^${list}-\\d+-`)
  for (const element of row.querySelectorAll<HTMLElement>('*')) {
    for (const name of ['id', 'name', 'for', 'data-problem', 'aria-describedby']) {
      const value = element.getAttribute(name)
      if (value !== null)
        element.setAttribute(
          name,
          value
            .split(' ')
            .map(part => part.replace(old, `${list}-${number}-`))
            .join(' '),
        )
    }
    element.removeAttribute('aria-invalid')
    if (element instanceof HTMLInputElement) {
      element.value = ''
      element.removeAttribute('value')
    }
    if (element instanceof HTMLSelectElement) element.selectedIndex = 0
    if (element.dataset.problem !== undefined) element.textContent = ''
  }
  const legend = row.querySelector('legend')
  if (legend) legend.textContent = (legend.textContent ?? '').replace(/\d+$/, String(number + 1))
  last.after(row)
  return row
}
