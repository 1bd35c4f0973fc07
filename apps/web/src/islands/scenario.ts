/** While something happens in the scenario, its page tells of it by itself. */

const EVERY_MS = 1000

async function look(): Promise<void> {
  const article = document.querySelector('.scenario')
  if (!article?.hasAttribute('data-busy')) return
  try {
    const response = await fetch('/scenario', { headers: { accept: 'text/html' } })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const now = page.querySelector('.scenario')
    if (response.ok && now) article.replaceWith(document.importNode(now, true))
  } catch {
    // The site is busy or away: it is asked again.
  }
  setTimeout(look, EVERY_MS)
}

setTimeout(look, EVERY_MS)
