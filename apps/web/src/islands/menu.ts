/** Menus that stand open over the page close as people expect it: by Escape, and by a press beside them. */
const open = (): NodeListOf<HTMLDetailsElement> => document.querySelectorAll('details.account[open]')

document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  for (const menu of open()) {
    menu.open = false
    menu.querySelector('summary')?.focus()
  }
})
document.addEventListener('pointerdown', event => {
  for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false
})

export {}
