/** Finds what cites a dataset as one types. */
import { seekDatasets } from './publish/seek.ts'

const form = document.querySelector<HTMLFormElement>('form.say-citation')
if (form) {
  seekDatasets(form, ({ value, dataset: { title } }, field) => {
    field.value = value
    const taken = form.querySelector('[data-taken]')
    if (taken && title) taken.textContent = `“${title}” is taken.`
  })
}
