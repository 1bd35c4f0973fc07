/** Beside a text that is Markdown: a button that shows it as its page will, made by the site with what makes the page. */

/** Milliseconds without a key before what was typed is made anew. */
const REST = 250

for (const note of document.querySelectorAll<HTMLElement>('[data-markdown]')) {
  const text = document.getElementById(note.dataset.markdown ?? '')
  if (text instanceof HTMLTextAreaElement) previewed(text, note)
}

function previewed(text: HTMLTextAreaElement, note: HTMLElement): void {
  const shown = document.createElement('div')
  shown.className = 'prose markdown-preview'
  shown.id = `${text.id}-preview`
  shown.hidden = true
  shown.setAttribute('role', 'group')
  shown.setAttribute('aria-label', 'As it will be shown')
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'as-link'
  button.setAttribute('aria-controls', shown.id)
  note.closest('.hint')?.after(button)
  text.closest('.field')?.after(shown)
  const turn = (isOpen: boolean): void => {
    shown.hidden = !isOpen
    button.textContent = isOpen ? 'Hide the preview' : 'Preview'
    button.setAttribute('aria-expanded', String(isOpen))
  }
  turn(false)

  const maker = note.dataset.mentions === undefined ? '/markdown' : '/markdown?mentions'
  let asking: AbortController | undefined
  let resting: number | undefined
  const make = async (): Promise<void> => {
    asking?.abort()
    const own = new AbortController()
    asking = own
    if (text.value.trim() === '') {
      shown.textContent = 'Nothing is written yet.'
      return
    }
    try {
      const answer = await fetch(maker, { method: 'POST', body: text.value, signal: own.signal })
      if (!answer.ok) throw new Error(`${answer.status}`)
      const html = await answer.text()
      if (!own.signal.aborted) shown.innerHTML = html
    } catch {
      if (!own.signal.aborted) shown.textContent = 'There is no preview for the moment.'
    }
  }
  button.addEventListener('click', async () => {
    if (!shown.hidden) return turn(false)
    await make()
    turn(true)
  })
  text.addEventListener('input', () => {
    if (shown.hidden) return
    clearTimeout(resting)
    resting = window.setTimeout(make, REST)
  })
  note.removeAttribute('data-markdown')
}

export {}
