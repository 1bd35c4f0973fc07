/** Brings the preview into the page and keeps page, picture and address in step. */

interface Place {
  readonly root: HTMLElement
  readonly status: HTMLElement
  readonly source: string
}

/** Milliseconds for which a slider must rest before data is read. */
const REST = 200

for (const root of document.querySelectorAll<HTMLElement>('.preview-place')) {
  const status = root.parentElement?.querySelector<HTMLElement>('[role=status]')
  const { src } = root.dataset
  if (status && src) begin({ root, status, source: src })
}

function begin(place: Place): void {
  const { root } = place
  let reading: AbortController | undefined
  let resting: number | undefined

  const show = async (query: URLSearchParams): Promise<void> => {
    reading?.abort()
    const own = new AbortController()
    reading = own
    waiting(place)
    try {
      const address = new URL(place.source, location.href)
      address.search = String(query)
      address.searchParams.set('part', 'body')
      const response = await fetch(address, { signal: own.signal })
      if (!response.ok) throw new Error(`the site answered ${response.status}`)
      put(place, await response.text())
    } catch (error) {
      if (!own.signal.aborted) failed(place, error instanceof Error ? error.message : '', () => show(query))
    } finally {
      if (reading === own) root.removeAttribute('aria-busy')
    }
  }
  const showForm = (form: HTMLFormElement): void => {
    const query = queryOf(form)
    const page = new URL(location.href)
    page.search = String(query)
    history.replaceState(null, '', page)
    void show(query)
  }
  const later = (form: HTMLFormElement): void => {
    clearTimeout(resting)
    resting = window.setTimeout(showForm, REST, form)
  }

  root.addEventListener('submit', event => {
    event.preventDefault()
    clearTimeout(resting)
    showForm(event.target as HTMLFormElement)
  })
  root.addEventListener('change', event => {
    const field = event.target as HTMLInputElement | HTMLSelectElement
    if (!field.form || field.type === 'text') return
    // Another copy or variable has other dimensions.
    if (field.name === 'copy') for (const other of fieldsBut(field)) other.disabled = true
    if (field.name === 'var')
      for (const other of fieldsBut(field)) if (/^(at\.|select$)/.test(other.name)) other.disabled = true
    if (field.type !== 'range') showForm(field.form)
  })
  root.addEventListener('input', event => {
    const field = event.target as HTMLInputElement
    if (field.type !== 'range' || !field.form) return
    tell(field)
    later(field.form)
  })
  root.addEventListener('click', event => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[target=_top]')
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return
    const address = new URL(link.href)
    if (address.pathname !== location.pathname || address.hash !== '#preview') return
    event.preventDefault()
    history.replaceState(null, '', address)
    void show(address.searchParams)
  })
  addEventListener('popstate', () => void show(new URL(location.href).searchParams))
  void show(new URL(location.href).searchParams)
}

function fieldsBut(field: HTMLInputElement | HTMLSelectElement): HTMLInputElement[] {
  return [...field.form!.querySelectorAll<HTMLInputElement>('[name]')].filter(
    other => other !== (field as Element) && other.name !== 'copy',
  )
}

function queryOf(form: HTMLFormElement): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of new FormData(form))
    if (typeof value === 'string' && value) query.append(name, value)
  return query
}

function waiting({ root, status }: Place): void {
  root.setAttribute('aria-busy', 'true')
  status.textContent = 'Reading a little of the data'
  if (root.querySelector('.preview')) return
  const words = document.createElement('p')
  words.className = 'waiting soft'
  words.textContent = 'Reading a little of the data …'
  root.replaceChildren(words)
}

function failed({ root, status }: Place, reason: string, again: () => void): void {
  const words = document.createElement('p')
  words.textContent = `The preview could not be loaded${reason && `: ${reason}`}. `
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet'
  button.textContent = 'Try again'
  button.addEventListener('click', again)
  words.append(button)
  status.textContent = words.textContent
  const shown = root.querySelector('.preview > .shown') ?? root
  shown.replaceChildren(words)
}

/** Puts new content in; where the controls would be the same ones, they stay, and with them focus and a slider in the hand. */
function put({ root, status }: Place, html: string): void {
  const template = document.createElement('template')
  template.innerHTML = html
  const fresh = template.content.querySelector<HTMLElement>('.preview')
  const old = root.querySelector<HTMLElement>('.preview')
  if (!fresh) return
  const focused = old?.contains(document.activeElement) ? (document.activeElement as HTMLElement).id : ''
  if (old && old.dataset.shape === fresh.dataset.shape) {
    old.querySelector('.shown')!.replaceWith(fresh.querySelector('.shown')!)
  } else {
    root.replaceChildren(fresh)
    fresh.classList.add('live')
    for (const field of fresh.querySelectorAll<HTMLSelectElement>('.place > select')) slider(field)
    for (const field of fresh.querySelectorAll<HTMLInputElement>('.place > input[type=number]')) long(field)
    if (focused) document.getElementById(focused)?.focus()
  }
  root.dataset.kind = fresh.dataset.shape?.split('|')[0] ?? ''
  if (!old) settleOutOfSight(root)
  const picture = root.querySelector('.plane')?.getAttribute('aria-label')
  status.textContent =
    picture ?? root.querySelector('.refusal h3, .shown .rows')?.textContent?.slice(0, 80) ?? 'Preview loaded'
}

/** The room that was kept for the preview is given back where it lies below what one sees: else all would move before one's eyes. */
function settleOutOfSight(root: HTMLElement): void {
  new IntersectionObserver(([entry], observer) => {
    if (!entry || entry.isIntersecting || entry.boundingClientRect.top < 0) return
    observer.disconnect()
    root.classList.add('settled')
  }).observe(root)
}

/** A list of values becomes a slider over them. */
function slider(select: HTMLSelectElement): void {
  const labels = [...select.options].map(option => option.text)
  const range = rangeInput(select, labels.length - 1, select.selectedIndex)
  range.dataset.labels = JSON.stringify(labels)
  select.replaceWith(range)
  tell(range)
}

function long(input: HTMLInputElement): void {
  const range = rangeInput(input, Number(input.max), Number(input.value))
  input.replaceWith(range)
  tell(range)
}

function rangeInput(field: HTMLInputElement | HTMLSelectElement, last: number, at: number): HTMLInputElement {
  const range = document.createElement('input')
  range.type = 'range'
  range.id = field.id
  range.name = field.name
  range.min = '0'
  range.max = String(last)
  range.step = '1'
  range.value = String(at)
  return range
}

/** Says beside its name where a slider stands. */
function tell(range: HTMLInputElement): void {
  const label = range.parentElement?.querySelector('label')
  if (!label) return
  let place = label.querySelector('span')
  if (!place) {
    place = document.createElement('span')
    label.append(' ', place)
  }
  const labels: readonly string[] | undefined = range.dataset.labels && JSON.parse(range.dataset.labels)
  const text = labels?.[Number(range.value)] ?? `${Number(range.value) + 1} of ${Number(range.max) + 1}`
  place.textContent = text
  range.setAttribute('aria-valuetext', text)
}
