/** Gives every text that says so a button that copies it. */
for (const block of document.querySelectorAll<HTMLElement>('[data-copy]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet copy'
  button.textContent = 'Copy'
  button.addEventListener('click', async () => {
    const done = await copied(block)
    button.textContent = done ? 'Copied' : 'Select and copy'
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 2_000)
  })
  button.setAttribute('aria-live', 'polite')
  block.before(button)
}

/** Where the page has no right to the clipboard, as over plain http, the text is selected at least. */
async function copied(block: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(block.textContent ?? '')
    return true
  } catch {
    getSelection()?.selectAllChildren(block)
    return false
  }
}
