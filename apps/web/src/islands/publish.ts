/** Makes the form for a dataset quicker: what is wrong is said as one types, rows come at once, the box is drawn on the map. */
import { drawBox } from './publish/draw-box.ts'
import { listenForRows } from './publish/rows.ts'
import { seekSources } from './publish/seek.ts'
import { validateLive } from './publish/validate.ts'

const form = document.querySelector<HTMLFormElement>('form.publish')
if (form) {
  const check = validateLive(form)
  listenForRows(form, check)
  seekSources(form, check)
  drawBox(form, check)
  pickLicences(form, check)
  writeOnce(form)
  document.getElementById('problems')?.focus()
}

function pickLicences(form: HTMLFormElement, changed: () => void): void {
  form.addEventListener('click', event => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>('button[data-licence]')
    const field = form.elements.namedItem('license') as HTMLInputElement | null
    if (!button || !field) return
    event.preventDefault()
    field.value = button.dataset.licence ?? ''
    changed()
  })
}

/** A second press of the button must not publish a second dataset. */
function writeOnce(form: HTMLFormElement): void {
  let isSent = false
  form.addEventListener('submit', event => {
    const { value, formTarget } = (event.submitter ?? {}) as HTMLButtonElement
    if (formTarget === '_blank' || value !== 'publish') return
    if (isSent) event.preventDefault()
    isSent = true
    form.setAttribute('aria-busy', 'true')
  })
  // A page that the browser shows again, by its back button, can be sent again.
  addEventListener('pageshow', () => {
    isSent = false
    form.removeAttribute('aria-busy')
  })
}
