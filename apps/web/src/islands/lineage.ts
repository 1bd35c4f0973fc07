/** Lets one move and magnify a lineage drawing, and brings it into a dataset's page when that is looked at. */
const STEP = 1.3
const LARGEST = 2.5
/** Pixels an arrow key moves by. */
const STRIDE = 60

for (const view of document.querySelectorAll<HTMLElement>('[data-lineage]')) begin(view)

for (const place of document.querySelectorAll<HTMLElement>('[data-lineage-src]')) {
  new IntersectionObserver((entries, observer) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    observer.disconnect()
    void bring(place)
  }).observe(place)
}

async function bring(place: HTMLElement): Promise<void> {
  try {
    const answer = await fetch(place.dataset.lineageSrc ?? '')
    if (!answer.ok) return
    const parsed = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const view = parsed.querySelector<HTMLElement>('[data-lineage]')
    if (!view) return
    place.prepend(view)
    begin(view)
  } catch {
    // The link to the page of the drawing stays.
  }
}

function begin(view: HTMLElement): void {
  const frame = view.querySelector<HTMLElement>('.lineage-frame')
  const svg = frame?.querySelector('svg')
  if (!frame || !svg) return
  const { width, height } = svg.viewBox.baseVal
  let scale = 1

  const zoom = (wanted: number, x = frame.clientWidth / 2, y = frame.clientHeight / 2): void => {
    const smallest = Math.min(1, frame.clientWidth / width, frame.clientHeight / height)
    const next = Math.min(LARGEST, Math.max(smallest * 0.9, wanted))
    const [left, top] = [(frame.scrollLeft + x) / scale, (frame.scrollTop + y) / scale]
    scale = next
    svg.setAttribute('width', String(width * scale))
    svg.setAttribute('height', String(height * scale))
    frame.scrollTo(left * scale - x, top * scale - y)
  }
  const middle = (): void => {
    const start = svg.querySelector<SVGGElement>('.start')?.getBoundingClientRect()
    const own = frame.getBoundingClientRect()
    if (start)
      frame.scrollBy(
        start.left + start.width / 2 - own.left - own.width / 2,
        start.top + start.height / 2 - own.top - own.height / 2,
      )
  }
  view.addEventListener('click', event => {
    const kind = (event.target as Element).closest<HTMLElement>('[data-zoom]')?.dataset.zoom
    if (kind === 'in') zoom(scale * STEP)
    if (kind === 'out') zoom(scale / STEP)
    if (kind === 'all') zoom(Math.min(frame.clientWidth / width, frame.clientHeight / height))
  })
  frame.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const moves: Record<string, () => void> = {
      '+': () => zoom(scale * STEP),
      '=': () => zoom(scale * STEP),
      '-': () => zoom(scale / STEP),
      '0': () => zoom(1),
      ArrowLeft: () => frame.scrollBy(-STRIDE, 0),
      ArrowRight: () => frame.scrollBy(STRIDE, 0),
      ArrowUp: () => frame.scrollBy(0, -STRIDE),
      ArrowDown: () => frame.scrollBy(0, STRIDE),
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    move()
  })
  frame.addEventListener(
    'wheel',
    event => {
      // Alone, the wheel scrolls the page as everywhere.
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const { left, top } = frame.getBoundingClientRect()
      zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top)
    },
    { passive: false },
  )
  let held: { x: number; y: number; left: number; top: number; moved: boolean } | undefined
  frame.addEventListener('pointerdown', event => {
    if (event.button !== 0 || event.pointerType === 'touch') return
    held = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop, moved: false }
  })
  frame.addEventListener('pointermove', event => {
    if (!held) return
    const [x, y] = [event.clientX - held.x, event.clientY - held.y]
    if (!held.moved && Math.hypot(x, y) > 4) {
      held.moved = true
      frame.setPointerCapture(event.pointerId)
      frame.classList.add('held')
    }
    if (held.moved) frame.scrollTo(held.left - x, held.top - y)
  })
  const release = (): void => {
    frame.classList.remove('held')
    setTimeout(() => {
      held = undefined
    })
  }
  frame.addEventListener('pointerup', release)
  frame.addEventListener('pointercancel', release)
  // A drag that ends on a node does not follow its link.
  frame.addEventListener('click', event => held?.moved && event.preventDefault(), true)
  frame.addEventListener('dragstart', event => event.preventDefault())
  middle()
}
